import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFileTime, toFileTime } from '../../../shared/mapi/filetime.ts';
import {
  decodePropertyDocument,
  encodePropertyDocument,
  type PropertyBag,
  type PropertyValue,
} from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';

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
