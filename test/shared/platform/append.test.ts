import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { append } from '../../../shared/platform/append.ts';

it('appends more items than a call takes arguments', () => {
  const list = [0];
  append(list, new Array<number>(500_000).fill(1));
  expect(list).toHaveLength(500_001);
});

it('is what whole listings of a folder, a store or an address book go through', () => {
  // A result of an await that is spread into push() has as many items as a user has messages, unless it is a batch of a loop.
  const spread = globSync('{services/store-server,shared/store}/**/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/push\(\.\.\.\(await ([^\n]*)/g)].map(([, call]) => `${file}: ${call}`),
  );
  expect(spread.filter((call) => !/slice\(|findNames\(/.test(call))).toEqual([]);
});
