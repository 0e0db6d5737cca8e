/** SeededRandom that is the same for the same seed. */
export interface SeededRandom {
  /** An integer from 0 up to, and without, `below`. */
  random(below: number): number;
  pick<T>(items: readonly T[]): T;
  /** True with a probability of `of` percent. */
  percent(of: number): boolean;
  bytes(length: number): Buffer;
}

/** xorshift32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0 || 1;
  const random = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  return {
    random,
    pick: <T>(items: readonly T[]): T => items[random(items.length)] as T,
    percent: (of) => random(100) < of,
    bytes: (length) => Buffer.from(Array.from({ length }, () => random(256))),
  };
}
