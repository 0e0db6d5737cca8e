import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTranscripts, recordedEnvelope } from '../../../../scripts/transcripts.ts';
import { testOf } from '../../../../shared/mapi/restriction-matcher.ts';
import { decodeRequest } from '../../../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../../../shared/protocol/soap/encode.ts';
import type { RestrictTable } from '../../../../shared/protocol/soap/interface.ts';
import { restrictionOf, restrictTableOf } from '../../../../shared/protocol/soap/restriction.ts';
import { restriction } from '../../../support/mapi-arbitraries.ts';

const SIZE = 0x0e080003;

/** A `restrictTable` after it has been an envelope. */
function transferred(lpRestrict: RestrictTable): RestrictTable {
  const { envelope } = encodeRequest('tableRestrict', { ulTableId: 1, lpRestrict });
  const request = decodeRequest(Buffer.from(envelope));
  if (request.name !== 'tableRestrict' || !request.values.lpRestrict) throw new Error('no restriction was decoded');
  return request.values.lpRestrict;
}

/** The restrictions that recorded clients have sent. */
function recorded(): RestrictTable[] {
  return readTranscripts().flatMap(({ request }) => {
    const { name, values } = decodeRequest(recordedEnvelope(request));
    if (name === 'tableRestrict' || name === 'tableSetSearchCriteria') return values.lpRestrict ?? [];
    if (name === 'tableMulti') return values.sRequest?.lpRestrict ?? [];
    return name === 'tableFindRow' || name === 'getChanges' ? (values.lpsRestrict ?? []) : [];
  });
}

describe("SOAP's restrictTable", () => {
  it('gives back every restriction, also after it has been transferred', () => {
    fc.assert(
      fc.property(restriction, (wanted) => {
        expect(restrictionOf(restrictTableOf(wanted))).toEqual(wanted);
        expect(restrictionOf(transferred(restrictTableOf(wanted)))).toEqual(wanted);
      }),
    );
  });

  it('of recorded clients is understood and given back as it came', () => {
    const tables = recorded();
    expect(tables.length).toBeGreaterThanOrEqual(18);
    for (const table of tables) {
      const read = restrictionOf(table);
      expect(restrictTableOf(read)).toEqual(table);
      expect(() => testOf(read)).not.toThrow();
    }
  });

  it.each<[string, RestrictTable, string]>([
    ['of an unknown type', { ulType: 99 }, 'unknown restriction 99'],
    ['without the part of its type', { ulType: 2, lpNot: {} }, 'lacks the part'],
    [
      'with an unknown relation',
      { ulType: 4, lpProp: { ulType: 99, ulPropTag: SIZE, lpProp: { tag: SIZE, value: 1 } } },
      'unknown comparison 99',
    ],
    [
      'that compares with a restriction',
      {
        ulType: 4,
        lpProp: {
          ulType: 4,
          ulPropTag: SIZE,
          lpProp: { tag: 0x100000fd, value: { type: 'exist', tag: SIZE } },
        },
      },
      'compares with a structure',
    ],
  ])('%s is refused', (_, table, message) => {
    expect(() => restrictionOf(table)).toThrow(message);
    expect(() => restrictionOf({ ulType: 1, lpOr: [{ ulType: 0 }, table] })).toThrow(message);
  });

  it('that is nested without end is refused', () => {
    let deep: RestrictTable = { ulType: 0 };
    for (let i = 0; i < 100; i++) deep = { ulType: 2, lpNot: { lpNot: deep } };
    expect(() => restrictionOf(deep)).toThrow('nested');
  });
});
