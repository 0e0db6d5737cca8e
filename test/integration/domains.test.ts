import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../shared/database/transaction.ts';
import { createUser, deleteUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { findDkimKey } from '../../shared/directory/tenants/dkim-keys.ts';
import { claimDomain, type DomainClaim, findClaim, listClaims } from '../../shared/directory/tenants/domain-claims.ts';
import { challengeName, challengeValue } from '../../shared/directory/tenants/domain-names.ts';
import {
  addDomain,
  listDomains,
  NO_LIMITS,
  removeDomain,
  setTenantLimits,
} from '../../shared/directory/tenants/tenants.ts';
import { checkClaims, verifyDomain } from '../../shared/directory/tenants/verify-domain.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { startDns, type TestDns } from '../support/dns-server.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let server: TestDns;
let dns: Resolver;

beforeAll(async () => {
  store = await openTestStore();
  server = await startDns();
  dns = new Resolver({ timeout: 1000, tries: 1 });
  dns.setServers([server.address]);
});
afterAll(async () => {
  server?.stop();
  await store?.close();
});

const claim = async (tenant: TenantId, name: string): Promise<DomainClaim> => {
  await inTransaction(store.db, (tx) => claimDomain(tx, { ...store, mailHost: 'mail.cloud.net' }, tenant, name));
  const made = await findClaim(store.db, tenant, name);
  if (!made) throw new Error('the claim is not there');
  return made;
};
const publish = ({ name, token }: DomainClaim) => server.txt.set(challengeName(name), ['other', challengeValue(token)]);
const verify = (claimed: DomainClaim) => verifyDomain({ ...store, dns }, claimed, 'test');
const user = (login: string) => ({ login, email: login, password: 'a long password', fullName: 'U' });
const hosted = async (name: string) => (await dbSource(store.db, store.options).hostedDomains([name])).has(name);

describe('a domain that is claimed', () => {
  it('belongs to no tenant until the token is published: not hosted, without a key, without addresses and logins', async () => {
    const tenant = await store.tenant('first', 'first.test');
    const claimed = await claim(tenant, 'first.com');
    const unused = async () => {
      expect(await listDomains(store.db, tenant)).toEqual(['first.test']);
      expect(await hosted('first.com')).toBe(false);
      expect(await findDkimKey(store.db, tenant, 'first.com')).toBeUndefined();
      await expect(createUser(store, tenant, { ...user('a@first.test'), email: 'a@first.com' })).rejects.toMatchObject({
        code: 'BAD_VALUE',
      });
      await expect(createUser(store, tenant, { ...user('a@first.com'), email: 'a@first.test' })).rejects.toMatchObject({
        code: 'BAD_VALUE',
      });
    };
    await unused();
    expect(await verify(claimed)).toBe('absent');
    server.txt.set(challengeName('first.com'), [challengeValue('x'.repeat(claimed.token.length))]);
    expect(await verify(claimed)).toBe('absent');
    await unused();

    publish(claimed);
    expect(await verify(claimed)).toBe('proved');
    expect(await listDomains(store.db, tenant)).toEqual(['first.com', 'first.test']);
    expect(await listClaims(store.db, tenant)).toEqual([]);
    expect(await hosted('first.com')).toBe(true);
    expect(await findDkimKey(store.db, tenant, 'first.com')).toMatchObject({ domain: 'first.com' });
    await createUser(store, tenant, user('a@first.com'));
    expect(await verify(claimed)).toBe('gone');
  });

  it('does not prevent other claims and proofs, and the token of one tenant is no proof for another', async () => {
    const [squatter, owner] = [
      await store.tenant('squatter', 'squatter.test'),
      await store.tenant('owner', 'owner.test'),
    ];
    const [theirs, own] = [await claim(squatter, 'big.com'), await claim(owner, 'big.com')];
    expect(theirs.token).not.toBe(own.token);
    publish(own);
    expect(await verify(theirs)).toBe('absent');
    expect(await verify(own)).toBe('proved');
    // A proved domain stays with its tenant, even if another tenant publishes its token.
    publish(theirs);
    await expect(verify(theirs)).rejects.toMatchObject({ code: 'COLLISION' });
    expect(await listDomains(store.db, squatter)).toEqual(['squatter.test']);
    await expect(claim(await store.tenant('late', 'late.test'), 'big.com')).rejects.toMatchObject({
      code: 'COLLISION',
    });
  });

  it('is refused above and below a domain of another tenant, unless the provider vouches; within one tenant it is not', async () => {
    const [owner, other] = [await store.tenant('tall', 'tall.test'), await store.tenant('small', 'small.test')];
    const top = await claim(owner, 'north.tall.com');
    publish(top);
    await verify(top);
    for (const name of ['mail.north.tall.com', 'a.b.north.tall.com', 'tall.com'])
      await expect(claim(other, name)).rejects.toMatchObject({ code: 'COLLISION' });
    for (const name of ['south.tall.com', 'xnorth.tall.com', 'north_tall.com'.replace('_', '-')])
      expect(await claim(other, name)).toMatchObject({ tenant: other });
    expect(await claim(owner, 'tall.com')).toMatchObject({ tenant: owner });
    await inTransaction(store.db, (tx) => addDomain(tx, other, 'sales.north.tall.com'));
    expect(await listDomains(store.db, other)).toEqual(['sales.north.tall.com', 'small.test']);
  });

  it('of two tenants that prove a domain and one below it at once, one gets it', async () => {
    const [a, b] = [await store.tenant('upper', 'upper.test'), await store.tenant('lower', 'lower.test')];
    const claims = [await claim(a, 'race.com'), await claim(b, 'sub.race.com')];
    claims.forEach(publish);
    const results = await Promise.allSettled(claims.map(verify));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'COLLISION' } });
  });

  it('counts as a domain of the tenant, and there is an end to them where there is no limit', async () => {
    const tenant = await store.tenant('many', 'many.test');
    await inTransaction(store.db, (tx) => setTenantLimits(tx, tenant, { ...NO_LIMITS, domains: 2 }));
    await claim(tenant, 'many1.com');
    await expect(claim(tenant, 'many2.com')).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    await inTransaction(store.db, (tx) => setTenantLimits(tx, tenant, NO_LIMITS));
    for (let i = 2; i <= 50; i++) await claim(tenant, `many${i}.com`);
    await expect(claim(tenant, 'many51.com')).rejects.toMatchObject({ code: 'UNABLE_TO_COMPLETE' });
    await inTransaction(store.db, (tx) => removeDomain(tx, tenant, 'many1.com'));
    expect(await listClaims(store.db, tenant)).toHaveLength(49);
  });

  it('is vouched for by the provider without a proof, an earlier claim included', async () => {
    const tenant = await store.tenant('vouched', 'vouched.test');
    await claim(tenant, 'vouched.com');
    await inTransaction(store.db, (tx) => addDomain(tx, tenant, 'vouched.com'));
    expect(await listDomains(store.db, tenant)).toEqual(['vouched.com', 'vouched.test']);
    expect(await listClaims(store.db, tenant)).toEqual([]);
  });
});

describe('the hourly check', () => {
  it('proves claims whose token is published, continues after one whose domain another tenant has, and deletes claims after thirty days', async () => {
    const [tenant, other] = [await store.tenant('hourly', 'hourly.test'), await store.tenant('rival', 'rival.test')];
    const old = await claim(tenant, 'old.com');
    store.time.now += 20 * 86_400_000;
    const [found, missing, lost] = [
      await claim(tenant, 'found.com'),
      await claim(tenant, 'missing.com'),
      await claim(tenant, 'lost.com'),
    ];
    await inTransaction(store.db, (tx) => addDomain(tx, other, 'lost.com'));
    for (const published of [found, lost]) publish(published);
    const errors: string[] = [];
    const run = async () => {
      store.time.now += 3_600_000;
      return checkClaims(
        { ...store, dns },
        () => true,
        ({ name }, error) => errors.push(`${name} ${PamojaError.is(error, 'COLLISION') ? 'COLLISION' : error}`),
      );
    };
    expect((await run()).proved).toEqual(['found.com']);
    expect((await listClaims(store.db, tenant)).map(({ name }) => name)).toEqual([
      'lost.com',
      'missing.com',
      'old.com',
    ]);
    publish(missing);
    expect((await run()).proved).toEqual(['missing.com']);
    store.time.now = old.createdAt + 31 * 86_400_000;
    expect((await run()).dropped).toBeGreaterThan(0);
    expect((await listClaims(store.db, tenant)).map(({ name }) => name)).toEqual(['lost.com']);
    // The provider decides whose it is.
    expect(errors).toContain('lost.com COLLISION');
    expect(errors.filter((error) => !error.endsWith(' COLLISION'))).toEqual([]);
  });
});

describe('a domain that is removed', () => {
  it('has no addresses and no logins of its tenant left', async () => {
    const tenant = await store.tenant('leaving', 'leaving.test', 'staying.test');
    await createUser(store, tenant, { ...user('a@leaving.test'), email: 'a@staying.test' });
    const remove = () => inTransaction(store.db, (tx) => removeDomain(tx, tenant, 'leaving.test'));
    await expect(remove()).rejects.toMatchObject({ code: 'COLLISION' });
    await inTransaction(store.db, (tx) => deleteUser(tx, tenant, 'a@leaving.test'));
    await remove();
    expect(await listDomains(store.db, tenant)).toEqual(['staying.test']);
  });
});
