import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Property } from '../../../../shared/mapi/property.ts';
import { decodeRequest } from '../../../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../../../shared/protocol/soap/encode.ts';
import { actionsOf, ruleActionsOf } from '../../../../shared/protocol/soap/rule-action.ts';
import { SoapFault } from '../../../../shared/protocol/soap/soap-fault.ts';
import { plainProperty, restriction, ruleAction } from '../../../support/mapi-arbitraries.ts';

const CONDITION = 0x667900fd;
const ACTIONS = 0x668000fe;

/** A property after it has been part of an envelope. */
function transferred(property: Property): Property | undefined {
  const saved = encodeRequest('saveObject', {
    lpsSaveObj: { modProps: [property], ulObjType: 5, __ptr: [], delProps: [], bDelete: false },
  });
  const request = decodeRequest(Buffer.from(saved.envelope));
  return request.name === 'saveObject' ? request.values.lpsSaveObj?.modProps?.[0] : undefined;
}

describe("SOAP's propVal", () => {
  it('gives back plain values, restrictions and rule actions', () => {
    const property = fc.oneof<fc.Arbitrary<Property>[]>(
      plainProperty,
      restriction.map((value) => ({ tag: CONDITION, value })),
      fc.array(ruleAction, { maxLength: 3 }).map((value) => ({ tag: ACTIONS, value })),
    );
    fc.assert(
      fc.property(property, (wanted) => {
        expect(transferred(wanted)).toEqual(wanted);
      }),
    );
  });

  it('with a restriction that MAPI does not have is a fault', () => {
    const { envelope } = encodeRequest('saveObject', {
      lpsSaveObj: { modProps: [{ tag: CONDITION, value: { type: 'and', conditions: [] } }], ulObjType: 5 },
    });
    const wrong = envelope.replace('<res><ulType>0<', '<res><ulType>99<');
    expect(wrong).not.toBe(envelope);
    expect(() => decodeRequest(Buffer.from(wrong))).toThrow(SoapFault);
  });
});

describe("SOAP's action", () => {
  it('gives back every rule action', () => {
    fc.assert(
      fc.property(fc.array(ruleAction), (wanted) => {
        expect(ruleActionsOf(actionsOf(wanted))).toEqual(wanted);
      }),
    );
  });

  it.each([
    ['of an unknown type', { acttype: 77, flavor: 0, flags: 0 }, 'unknown rule action 77'],
    ['without the part of its type', { acttype: 1, flavor: 0, flags: 0 }, 'lacks the part'],
  ])('%s is refused', (_, action, message) => {
    expect(() => ruleActionsOf([action])).toThrow(message);
  });
});
