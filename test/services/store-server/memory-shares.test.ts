import { describe, expect, it } from 'vitest';
import { MemoryShares } from '../../../services/store-server/memory-shares.ts';

describe('the memory for requests', () => {
  it('is refused to an owner beyond the share of one, however many requests it is split into', () => {
    const shares = new MemoryShares(100, 30);
    const [first, second] = [shares.open('a'), shares.open('a')];
    expect(first.raise(20)).toBe(true);
    expect(second.raise(11)).toBe(false);
    expect(second.raise(10)).toBe(true);
    expect(shares.open('b').raise(30)).toBe(true);
  });

  it('is refused to all once it is used up', () => {
    const shares = new MemoryShares(50, 30);
    expect(shares.open('a').raise(30)).toBe(true);
    expect(shares.open('b').raise(21)).toBe(false);
    expect(shares.open('b').raise(20)).toBe(true);
    expect(shares.open('c').raise(1)).toBe(false);
  });

  it('is there again when a request has ended', () => {
    const shares = new MemoryShares(30, 30);
    const held = shares.open('a');
    expect(held.raise(30)).toBe(true);
    held.release();
    held.release();
    expect(shares.open('b').raise(30)).toBe(true);
    expect(held.raise(1)).toBe(false);
  });

  it('stays held where less is asked for, and where more was refused', () => {
    const shares = new MemoryShares(30, 20);
    const held = shares.open('a');
    held.raise(15);
    expect(held.raise(5)).toBe(true);
    expect(held.raise(21)).toBe(false);
    expect(shares.open('b').raise(16)).toBe(false);
    expect(shares.open('b').raise(15)).toBe(true);
  });
});
