import { beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveName } from '../../../shared/address-book/resolve-names.ts';
import type { Database } from '../../../shared/database/database.ts';

/** The directory without a database: names, of which those that begin with a text are found where it need not be equal. */
const state = vi.hoisted(() => ({ names: [] as string[], asked: [] as string[] }));
vi.mock('../../../shared/directory/entries/entries.ts', async (original) => ({
  ...(await original<object>()),
  findByName: async (_db: unknown, _scope: unknown, text: string, { exact }: { exact: boolean }, limit: number) => {
    state.asked.push(text);
    return state.names
      .filter((name) => (exact ? name === text : name.startsWith(text)))
      .slice(0, limit)
      .map((name) => ({ name }));
  },
}));
beforeEach(() => Object.assign(state, { names: ['ann', 'anna', 'bert'], asked: [] }));

const resolve = (text: string, addressesOnly = false) =>
  resolveName(undefined as unknown as Database, { scope: [] }, text, addressesOnly);

describe('a name that a mail client completes', () => {
  it('stands for the entry that has it, also where others begin with it', async () => {
    expect(await resolve('ann')).toEqual({ kind: 'found', entry: { name: 'ann' } });
  });

  it('stands for the only entry that begins with it, and is ambiguous where there are two', async () => {
    expect(await resolve('be')).toEqual({ kind: 'found', entry: { name: 'bert' } });
    expect(await resolve('an')).toEqual({ kind: 'ambiguous' });
    state.names = ['ann', 'ann'];
    expect(await resolve('ann')).toEqual({ kind: 'ambiguous' });
  });

  it('has no case, and may have the type of an address in front', async () => {
    expect(await resolve('SMTP:Bert')).toEqual({ kind: 'found', entry: { name: 'bert' } });
  });

  it('is not completed where addresses alone count', async () => {
    expect(await resolve('be', true)).toEqual({ kind: 'none' });
    expect(await resolve('bert', true)).toMatchObject({ kind: 'found' });
  });

  it('stands for nobody where it is empty, and nobody is asked', async () => {
    expect([await resolve(''), await resolve('smtp:')]).toEqual([{ kind: 'none' }, { kind: 'none' }]);
    expect(state.asked).toEqual([]);
  });
});
