import { describe, expect, it } from 'vitest';
import { TimeLimitError, withinTime } from '../../../shared/platform/time-limit.ts';

describe('work with a limit of time', () => {
  it('returns the function’s result, and throws its error', () => {
    expect(withinTime(1000, () => 'done')).toBe('done');
    expect(withinTime(1000, () => undefined)).toBeUndefined();
    expect(() =>
      withinTime(1000, () => {
        throw new RangeError('wrong');
      }),
    ).toThrow(RangeError);
  });

  it.each([
    [
      'a loop',
      () => {
        for (;;);
      },
    ],
    ['a regular expression', () => /^(?:a+)+$/.test(`${'a'.repeat(100)}b`)],
  ])('ends where it is %s without an end', (_, work) => {
    expect(() => withinTime(20, work)).toThrow(TimeLimitError);
  });

  it('may stand within other such work', () => {
    expect(withinTime(1000, () => [withinTime(1000, () => 1), withinTime(1000, () => 2)])).toEqual([1, 2]);
  });
});
