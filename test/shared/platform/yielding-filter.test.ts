import { describe, expect, it } from 'vitest';
import { filterYielding, findIndexYielding } from '../../../shared/platform/yielding-filter.ts';

const items = Array.from({ length: 40 }, (_, n) => n);

/** Takes longer than a turn for a few items. */
const slow = (wanted: (n: number) => boolean) => (n: number) => {
  for (const began = performance.now(); performance.now() - began < 1; );
  return wanted(n);
};

describe('a long scan', () => {
  it('gives the results of filter and findIndex', async () => {
    expect(await filterYielding(items, (n) => n % 3 === 0)).toEqual(items.filter((n) => n % 3 === 0));
    expect(await findIndexYielding(items, (n) => n === 17)).toBe(17);
    expect(await findIndexYielding(items, () => false)).toBe(-1);
  });

  it('lets others go on before it is done', async () => {
    let others = 0;
    const timer = setInterval(() => others++, 1);
    await filterYielding(
      items,
      slow(() => true),
    );
    clearInterval(timer);
    expect(others).toBeGreaterThan(1);
  });
});
