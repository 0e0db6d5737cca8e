import { describe, expect, it } from 'vitest';
import { batchedLookup } from '../../../shared/platform/batched-lookup.ts';

describe('batched look-ups', () => {
  it('gives everybody the values of his keys, in as few calls as can be', async () => {
    const calls: string[][] = [];
    const lookUp = batchedLookup(async (keys: readonly string[]) => {
      calls.push([...keys]);
      await new Promise((resolve) => setImmediate(resolve));
      return keys.map((key) => key.toUpperCase());
    });
    const asked = [['a'], ['b', 'c'], [], ['b']].map((keys) => lookUp(keys));
    expect(await Promise.all(asked)).toEqual([['A'], ['B', 'C'], [], ['B']]);
    expect(calls).toEqual([['a'], ['b', 'c', 'b']]);
    expect(await lookUp(['d'])).toEqual(['D']);
  });

  it('limits the size of a batch, and a failed batch fails only its own look-ups', async () => {
    const sizes: number[] = [];
    const lookUp = batchedLookup(async (keys: readonly number[]) => {
      sizes.push(keys.length);
      if (keys.includes(1)) throw new Error('away');
      await new Promise((resolve) => setImmediate(resolve));
      return [...keys];
    });
    const many = Array.from({ length: 150 }, (_, i) => i + 10);
    const asked = [[0], many, many, [1], [2]].map((keys) => lookUp(keys).catch(() => 'failed'));
    expect(await Promise.all(asked)).toEqual([[0], many, 'failed', 'failed', 'failed']);
    expect(sizes).toEqual([1, 150, 152]);
  });
});
