import { expect, it } from 'vitest';
import { append } from '../../../shared/platform/append.ts';

it('appends more items than a call takes arguments', () => {
  const list = [0];
  append(list, new Array<number>(500_000).fill(1));
  expect(list).toHaveLength(500_001);
});
