import { expect, it } from 'vitest';
import type { DirectorySource, Recipient } from '../../../shared/directory/sources/directory-source.ts';
import type { StoreId, TenantId, UserId } from '../../../shared/store/engine/ids.ts';

/** A source whose entries a test has made, under domains of its own. */
export interface SourceFixture {
  source: DirectorySource;
  /** `ann@DOMAIN`, with the alias `info@DOMAIN`, a hard quota of 1 MiB and the feature `imap`. */
  ann: { tenant: TenantId; user: UserId; store: StoreId };
  /** `ben@DOMAIN`, with the feature `imap` off. */
  ben: { tenant: TenantId; user: UserId; store: StoreId };
  /** `all@DOMAIN` is the address of a group with the members ann and ben. */
  domain: string;
  /** A domain that is hosted nowhere. */
  foreign: string;
  deactivate(login: string): Promise<void>;
  suspend(): Promise<void>;
}

/** What every {@link DirectorySource} must do. `open` is called for each test. */
export function directorySourceContract(open: () => Promise<SourceFixture>): void {
  it('resolves addresses and aliases without regard to case and +detail, and no others', async () => {
    const { source, domain, foreign, ann } = await open();
    const addresses = [
      `ANN@${domain.toUpperCase()}`,
      `info@${domain}`,
      `ann+lists@${domain}`,
      `bob@${domain}`,
      `ann@${foreign}`,
      '',
      "x' OR 1=1 --",
    ];
    const found = await source.resolve(addresses);
    expect(found.map((recipients) => recipients.map(({ store }) => store))).toEqual([
      [ann.store],
      [ann.store],
      [ann.store],
      [],
      [],
      [],
      [],
    ]);
    expect(found[0]?.[0]).toMatchObject({ address: addresses[0], tenant: ann.tenant, user: ann.user });
    expect(found[0]?.[0]?.hardQuota).toBe(1024 * 1024);
  });

  it('resolves the address of a group to its members', async () => {
    const { source, domain, ann, ben } = await open();
    const [members = []]: Recipient[][] = await source.resolve([`all@${domain}`]);
    expect(members.map(({ store }) => store).sort()).toEqual([ann.store, ben.store].sort());
    expect(members.map(({ address }) => address)).toEqual([`all@${domain}`, `all@${domain}`]);
  });

  it('answers many questions at once, each with its own answer', async () => {
    const { source, domain, ann, ben } = await open();
    const answers = await Promise.all(
      [`ann@${domain}`, `nobody@${domain}`, `ben@${domain}`].map((address) => source.resolve([address])),
    );
    expect(answers.map((answer) => answer[0]?.[0]?.store)).toEqual([ann.store, undefined, ben.store]);
  });

  it('tells hosted domains from others', async () => {
    const { source, domain, foreign } = await open();
    expect(await source.hostedDomains([domain, foreign, domain])).toEqual(new Set([domain]));
    expect(await source.hostedDomains([])).toEqual(new Set());
  });

  it('gives the account of a login, with its features', async () => {
    const { source, domain, ann } = await open();
    const account = await source.account(`Ann@${domain}`);
    expect(account).toMatchObject({ ...ann, login: `ann@${domain}`, hardQuota: 1024 * 1024 });
    expect(account?.features.has('imap')).toBe(true);
    expect((await source.account(`ben@${domain}`))?.features.has('imap')).toBe(false);
    expect(await source.account(`nobody@${domain}`)).toBeUndefined();
  });

  it('gives the addresses that a user may send from', async () => {
    const { source, domain, ann } = await open();
    expect((await source.sender(ann))?.addresses).toEqual(new Set([`ann@${domain}`, `info@${domain}`]));
  });

  it('has no account and no sender for an inactive user, who still gets mail', async () => {
    const { source, domain, ann, deactivate } = await open();
    await deactivate(`ann@${domain}`);
    expect(await source.account(`ann@${domain}`)).toBeUndefined();
    expect(await source.sender(ann)).toBeUndefined();
    expect((await source.resolve([`ann@${domain}`]))[0]).toHaveLength(1);
  });

  it('has no account, no sender and no recipient in a suspended tenant', async () => {
    const { source, domain, ann, suspend } = await open();
    await suspend();
    expect(await source.account(`ann@${domain}`)).toBeUndefined();
    expect(await source.sender(ann)).toBeUndefined();
    expect(await source.resolve([`ann@${domain}`, `all@${domain}`])).toEqual([[], []]);
  });
}
