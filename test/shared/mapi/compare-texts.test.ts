import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTextKeys, compareValues, textKey } from '../../../shared/mapi/compare.ts';

describe('texts made ready to be compared', () => {
  it('have the order of the collator, of ASCII and of all else', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 12 });
    const text = fc.oneof(
      ascii,
      ascii,
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom('Äpfel', 'apfel', 'A-b', 'ab'),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareTextKeys(textKey(a), textKey(b)))).toBe(Math.sign(compareValues(a, b)));
      }),
      { numRuns: 5000 },
    );
  });
});
