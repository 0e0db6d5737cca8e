import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFileTime, toFileTime } from '../../../shared/mapi/filetime.ts';
import type { PropertyBag, PropertyValue } from '../../../shared/mapi/property.ts';
import { decodePropertyDocument, encodePropertyDocument } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { restriction, ruleAction } from '../../support/mapi-arbitraries.ts';

const CONDITION = 0x667900fd;
const ACTIONS = 0x668000fe;

/** Version 1 and the number of properties. */
const bagHead = (count: number): Buffer => Buffer.of(1, count, 0, 0, 0);

/** A property whose value is JSON. */
function entry(tag: number, value: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(value));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(tag, 0);
  head.writeUInt32LE(json.length, 4);
  return Buffer.concat([head, json]);
}

describe('the property document', () => {
  it('gives back every type of value', () => {
    const bag: PropertyBag = new Map<number, PropertyValue>([
      [PR.SUBJECT, 'Grüße'],
      [PR.IMPORTANCE, 2],
      [PR.HASATTACH, true],
      [PR.CLIENT_SUBMIT_TIME, toFileTime(1_795_000_000_123)],
      [PR.CONVERSATION_INDEX, Buffer.from([1, 2, 3])],
      [0x8001101f, ['a', 'b']],
      [0x80020014, -5n],
      [0x80030005, 1.5],
    ]);
    expect(decodePropertyDocument(encodePropertyDocument(bag))).toEqual(bag);
  });

  it('gives back restrictions and rule actions', () => {
    fc.assert(
      fc.property(restriction, fc.array(ruleAction, { maxLength: 3 }), (condition, actions) => {
        const bag: PropertyBag = new Map<number, PropertyValue>([
          [CONDITION, condition],
          [ACTIONS, actions],
        ]);
        expect(decodePropertyDocument(encodePropertyDocument(bag))).toEqual(bag);
      }),
    );
  });

  it('reads restrictions and rule actions as earlier versions stored them', () => {
    const stored = {
      ulType: 0,
      lpAnd: [
        { ulType: 8, lpExist: { ulPropTag: PR.SUBJECT } },
        {
          ulType: 3,
          lpContent: { ulFuzzyLevel: 0x1_0001, ulPropTag: PR.SUBJECT, lpProp: { tag: PR.SUBJECT, value: 'a' } },
        },
        {
          ulType: 4,
          lpProp: { ulType: 4, ulPropTag: 0x0c190102, lpProp: { tag: 0x0c190102, value: { $bytes: 'AQI=' } } },
        },
        {
          ulType: 4,
          lpProp: { ulType: 3, ulPropTag: 0x0e060040, lpProp: { tag: 0x0e060040, value: { $int: '12' } } },
        },
      ],
    };
    const actions = [
      { acttype: 1, flavor: 0, flags: 0, moveCopy: { store: { $bytes: 'AQ==' }, folder: { $bytes: 'Ag==' } } },
    ];
    const bag = decodePropertyDocument(Buffer.concat([bagHead(2), entry(CONDITION, stored), entry(ACTIONS, actions)]));
    expect(bag.get(CONDITION)).toEqual({
      type: 'and',
      conditions: [
        { type: 'exist', tag: PR.SUBJECT },
        {
          type: 'content',
          tag: PR.SUBJECT,
          property: { tag: PR.SUBJECT, value: 'a' },
          match: 'substring',
          ignoreCase: true,
          ignoreNonSpace: false,
          loose: false,
        },
        { type: 'property', relation: 'equal', tag: 0x0c190102, property: { tag: 0x0c190102, value: Buffer.of(1, 2) } },
        { type: 'property', relation: 'greaterOrEqual', tag: 0x0e060040, property: { tag: 0x0e060040, value: 12n } },
      ],
    });
    expect(bag.get(ACTIONS)).toEqual([{ type: 'move', flags: 0, store: Buffer.of(1), folder: Buffer.of(2) }]);
  });

  it('leaves out a stored restriction that MAPI does not have, and reads the rest', () => {
    const document = Buffer.concat([bagHead(2), entry(CONDITION, { ulType: 99 }), entry(ACTIONS, [])]);
    expect(decodePropertyDocument(document)).toEqual(new Map([[ACTIONS, []]]));
  });

  it('a cut document is refused, and never read beyond its end', () => {
    const document = encodePropertyDocument(new Map([[PR.SUBJECT, 'x'.repeat(100)]]));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: document.length - 1 }), (length) => {
        expect(() => decodePropertyDocument(document.subarray(0, length))).toThrow();
      }),
    );
  });

  it('FILETIME keeps milliseconds', () => {
    expect(fromFileTime(toFileTime(0))).toBe(0);
    expect(toFileTime(0)).toBe(116_444_736_000_000_000n);
  });
});
