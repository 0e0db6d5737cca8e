import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Administrator,
  administeredBy,
  mayAdminister,
  requireMayAdminister,
  requireMayGrant,
  SYSTEM,
} from '../../shared/access/may-administer.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { findUser, type UserEntry } from '../../shared/directory/entries/entries.ts';
import { addTenantAdmin } from '../../shared/directory/entries/tenant-grants.ts';
import { createUser } from '../../shared/directory/entries/users.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let own: TenantId;
let other: TenantId;
const people = new Map<string, UserEntry>();
beforeAll(async () => {
  store = await openTestStore();
  own = await store.tenant('own', 'own.test');
  other = await store.tenant('other', 'other.test');
  for (const [name, tenant, adminLevel] of [
    ['user', own, 0],
    ['partner', own, 0],
    ['admin', own, 1],
    ['both', own, 1],
    ['chief', own, 2],
    ['stranger', other, 0],
  ] as const) {
    const domain = tenant === own ? 'own.test' : 'other.test';
    const login = `${name}@${domain}`;
    await createUser(store, tenant, { login, email: login, password: 'x', fullName: name, adminLevel });
    people.set(name, await findUser(store.db, [tenant], { name: login }));
  }
  for (const name of ['partner', 'both']) await addTenantAdmin(store.db, other, person(name).id);
});
afterAll(() => store.close());

function person(name: string): UserEntry {
  const found = people.get(name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

async function administrator(name: string): Promise<Administrator> {
  if (name === 'system') return SYSTEM;
  if (name === 'key of the tenant') return { reaches: [own], administers: [own] };
  if (name === 'key of a domain') return { reaches: [own], administers: [] };
  const administers = await administeredBy(store.db, person(name));
  return { reaches: administers, administers };
}

describe('the check whether an administrator may change a user', () => {
  it.each([
    ['user', []],
    ['partner', ['stranger']],
    ['admin', ['user', 'admin']],
    ['both', ['user', 'partner', 'admin', 'both', 'stranger']],
    ['chief', ['user', 'partner', 'admin', 'both', 'chief', 'stranger']],
    ['system', ['user', 'partner', 'admin', 'both', 'chief', 'stranger']],
    ['key of the tenant', ['user', 'admin']],
    ['key of a domain', ['user']],
  ])('%s: %j and nobody else', async (name, expected) => {
    const who = await administrator(name);
    const may: string[] = [];
    for (const [other, entry] of people) if (await mayAdminister(store.db, who, entry)) may.push(other);
    expect(may).toEqual(expected);
  });

  it('precedes a change: a user out of reach is not found, one with more rights is refused', async () => {
    const admin = await administrator('admin');
    const ask = (tenant: TenantId, login: string) =>
      inTransaction(store.db, (tx) => requireMayAdminister(tx, admin, tenant, { login }));
    await ask(own, 'user@own.test');
    await expect(ask(own, 'chief@own.test')).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(ask(own, 'partner@own.test')).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(ask(own, 'nobody@own.test')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(ask(other, 'stranger@other.test')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses to grant a level above the administrator’s own, and an unknown level', async () => {
    const admin = await administrator('admin');
    requireMayGrant(admin, own, 1);
    requireMayGrant(SYSTEM, own, 2);
    expect(() => requireMayGrant(admin, own, 2)).toThrow(expect.objectContaining({ code: 'NO_ACCESS' }));
    expect(() => requireMayGrant(admin, other, 1)).toThrow(expect.objectContaining({ code: 'NO_ACCESS' }));
    expect(() => requireMayGrant(SYSTEM, own, 3)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER' }));
  });
});
