import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
});
afterAll(() => stack?.stop());

const admin = async (...args: string[]) =>
  run(process.execPath, ['scripts/kopano/kopano-admin.ts', ...args], stack.environment);
const said = async (...args: string[]) => {
  const { status, stdout, stderr } = await admin(...args);
  expect(status, stderr).toBe(0);
  return stdout;
};
const deliver = async (subject: string) => {
  const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const [reply] = await lmtp.send(['john@admin.test'], Buffer.from(`Subject: ${subject}\r\n\r\n`));
  lmtp.close();
  expect(reply).toMatch(/^250 /);
};
const logIn = async (password: string) => {
  const client = await ImapClient.open(stack.port('gateway', 'imaps'), 'john@admin.test', password);
  const bodies = await client.bodies('INBOX');
  client.close();
  return bodies.size;
};

describe('kopano-admin', () => {
  it('makes a company and a user, shows both as the manual lays them out, and the user can log in', async () => {
    expect(await said('--create-company', 'admin', '--domain', 'admin.test')).toContain("Company 'admin' created.");
    await said(
      '-c',
      'john@admin.test',
      '-p',
      'secret',
      '-e',
      'john@admin.test',
      '-f',
      'John Doe',
      '-a',
      '0',
      '--enable-feature',
      'imap',
      '--lang',
      'nl_NL.UTF-8',
    );
    expect(await said('-l')).toMatch(
      /User list for admin \(1\):\n\tUsername\s+Fullname\n\t-+\n\tjohn@admin\.test\s+John Doe\n/,
    );
    const details = await said('--details', 'john@admin.test');
    for (const line of [
      'Name: john@admin.test',
      'Full name: John Doe',
      'Active: yes',
      'Administrator: no',
      'Store size: 0.00 MB',
      '  Quota overrides: no',
    ])
      expect(details).toContain(`${line}\n`);
    expect(details).toMatch(/Features: .*imap/);
    expect(await logIn('secret')).toBe(0);
    expect(JSON.parse(await said('--details', 'john@admin.test', '--json'))).toMatchObject({
      login: 'john@admin.test',
      features: expect.arrayContaining(['imap']),
    });
  });

  it('changes password, quota and features; a feature that is off keeps the user out', async () => {
    await said('-u', 'john@admin.test', '-p', 'other', '--qo', '1', '--qw', '80', '--qs', '90', '--qh', '100');
    expect(await said('--details', 'john@admin.test')).toContain(
      '  Quota overrides: yes\n  Warning level: 80.00 MB\n  Soft level: 90.00 MB\n  Hard level: 100.00 MB',
    );
    expect(await logIn('other')).toBe(0);
    await expect(logIn('secret')).rejects.toThrow('AUTHENTICATIONFAILED');
    await said('-u', 'john@admin.test', '--disable-feature', 'imap');
    await expect(logIn('other')).rejects.toThrow('NOPERM');
    await said('-u', 'john@admin.test', '--enable-feature', 'imap', '-n', '1');
    await expect(logIn('other')).rejects.toThrow('AUTHENTICATIONFAILED');
    await said('-u', 'john@admin.test', '-n', '0');
    expect(await logIn('other')).toBe(0);
  });

  it('deleting a user keeps the mail: the store is listed, and hooked to another user it is read again (manual 8.2.3)', async () => {
    await deliver('kept');
    await said('-d', 'john@admin.test');
    const guid = /^ {2}([0-9A-F]{32})\s+john@admin\.test/m.exec(await said('--list-orphans'))?.[1] ?? '';
    await said('-c', 'john@admin.test', '-p', 'again', '--enable-feature', 'imap');
    expect(await logIn('again')).toBe(0);
    await deliver('used');
    await said('--hook-store', guid, '-u', 'john@admin.test');
    expect(await logIn('again')).toBe(1);
    // The store that the user had, and used, is the orphan now.
    const orphans = await said('--list-orphans');
    expect(orphans).not.toContain(guid);
    expect(orphans).toContain('john@admin.test');
  });

  it('reports the fault and exits with status 1', async () => {
    expect(await admin('-d', 'nobody@admin.test')).toMatchObject({ status: 1, stderr: 'kopano-admin: no such user\n' });
    expect(await admin('-c', 'x@unknown.test', '-p', 'x')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no company has the domain'),
    });
    expect(await admin('-c', 'y@admin.test')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('a password is needed'),
    });
    expect(await admin('--create-company', 'admin')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('already taken'),
    });
    expect((await admin('--nonsense')).status).toBe(1);
  });

  it('purges deleted items', async () => {
    const client = await ImapClient.open(stack.port('gateway', 'imaps'), 'john@admin.test', 'again');
    await client.command('SELECT INBOX');
    await client.command('STORE 1 +FLAGS (\\Deleted)');
    await client.command('EXPUNGE');
    client.close();
    expect(await said('--purge-softdelete', '30')).toContain('Purged 0 messages');
    expect(await said('--purge-softdelete', '0')).toContain('Purged 1 messages');
  });

  it('has groups as chapter 8.3.6 makes them, and send-as as 8.3.5 does', async () => {
    await said('-c', 'mary@admin.test', '-p', 'secret', '-f', 'Mary Jones');
    await said('-g', 'sales', '-e', 'sales@admin.test', '-I', 'admin');
    await said('-b', 'mary@admin.test', '-i', 'sales');
    expect(await said('-L', '-I', 'admin')).toMatch(
      /Group list for admin \(2\):\n\tGroupname\n\t-+\n\tEveryone\n\tsales\n/,
    );
    const group = await said('--details', 'sales', '--type', 'group', '-I', 'admin');
    expect(group).toMatch(
      /^Name: sales\nEmail address: sales@admin\.test\nAddress book: Visible\nUsers \(1\):\n\tUsername\n\t-+\n\tmary@admin\.test\n/,
    );
    await said('--add-sendas', 'mary@admin.test', '-u', 'john@admin.test');
    const details = await said('--details', 'john@admin.test');
    expect(details).toContain('Send-as: mary@admin.test\n');
    expect(details).toMatch(/Groups \(1\):\n\tGroupname\n\t-+\n\tEveryone\n/);
    expect(await said('--details', 'mary@admin.test')).toMatch(
      /Groups \(2\):\n\tGroupname\n\t-+\n\tEveryone\n\tsales\n/,
    );
    await said('--del-sendas', 'mary@admin.test', '-u', 'john@admin.test');
    await said('-B', 'mary@admin.test', '-i', 'sales');
    await said('-G', 'sales', '-I', 'admin');
    expect(await said('-L', '-I', 'admin')).not.toContain('sales');
  });

  it('renames users, makes non-active ones without a password, and counts them', async () => {
    await said('-u', 'mary@admin.test', '-U', 'mary.jones@admin.test', '-e', 'mary.jones@admin.test');
    expect(await said('--details', 'mary.jones@admin.test')).toContain('Email address: mary.jones@admin.test\n');
    await said('-c', 'info@admin.test', '-n', '1');
    expect(await said('--details', 'info@admin.test')).toContain('Active: no\n');
    expect(await said('--user-count', '-I', 'admin')).toMatch(/Active\s+2\n\tNon-active\s+1\n\tTotal\s+3/);
  });

  it('administers companies as chapters 6.2.3 and 6.2.5 do', async () => {
    await said('--create-company', 'sister', '--domain', 'sister.test');
    await said('--update-company', 'admin', '--qo', 'y', '--qw', '500', '--udqo', 'y', '--udqh', '30', '--udqw', '10');
    await said('--add-to-viewlist', 'sister', '-I', 'admin');
    await said('-c', 'boss@sister.test', '-p', 'secret');
    await said('--add-to-adminlist', 'boss@sister.test', '-I', 'admin');
    await said('--update-company', 'admin', '--add-userquota-recipient', 'mary.jones@admin.test');
    expect(await said('--list-view', '-I', 'admin')).toContain('\tsister');
    expect(await said('--list-admin', '-I', 'admin')).toContain('\tboss@sister.test');
    expect(await said('--list-userquota-recipients', '-I', 'admin')).toContain('\tmary.jones@admin.test');
    const details = await said('--details', 'admin', '--type', 'company');
    expect(details).toContain('Quota overrides: yes\n  Warning level: 500.00 MB\n');
    expect(details).toContain('Warning level: 10.00 MB\n  Soft level: unlimited\n  Hard level: 30.00 MB\n');
    await said('--del-from-viewlist', 'sister', '-I', 'admin');
    await said('--del-from-adminlist', 'boss@sister.test', '-I', 'admin');
    expect(await admin('-s', '-I', 'admin')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('public store'),
    });
    expect(await said('--delete-company', 'sister')).toContain("Company 'sister' deleted; it can be had back until");
    expect(await said('--list-companies')).toContain('sister (deleting)');
    for (const args of [
      ['-g', 'gg@sister.test'],
      ['-c', 'new@sister.test', '-p', 'secret'],
      ['-g', 'gg', '-I', 'sister'],
    ])
      expect([args, (await admin(...args)).status]).toEqual([args, 1]);
    // A deleted company's name, domain and logins are free again, and its own stores stay.
    await said('--create-company', 'sister', '--domain', 'sister.test');
    await said('-c', 'boss@sister.test', '-p', 'secret');
    expect(await said('--list-companies')).toMatch(/sister~[0-9a-f]{8} \(deleting\)/);
    expect(await said('--delete-company', 'sister')).toContain("Company 'sister' deleted");
  });
});

describe('kopano-storeadm', () => {
  const storeadm = (...args: string[]) =>
    run(process.execPath, ['scripts/kopano/kopano-storeadm.ts', ...args], stack.environment);

  it('lists, detaches, makes, attaches and removes stores', async () => {
    const list = await storeadm('-M', '-k', 'admin');
    expect(list.stdout).toMatch(/[0-9A-F]{32} {2}public/);
    const guid = /([0-9A-F]{32}) {2}private {3}john@admin\.test/.exec(list.stdout)?.[1] ?? '';
    expect((await storeadm('-D', '-n', 'john@admin.test')).stdout).toContain('has been taken away');
    expect((await storeadm('-O', '-k', 'admin')).stdout).toMatch(
      new RegExp(`${guid}[\\s\\S]*Users without stores \\(1\\):[\\s\\S]*john@admin`),
    );
    expect((await storeadm('-C', '-n', 'john@admin.test', '-l', 'nl_NL')).stdout).toContain('created');
    await deliver('used');
    expect((await storeadm('-A', guid, '-n', 'john@admin.test')).stdout).toContain(
      `Store '${guid}' is now the store of`,
    );
    const orphans = JSON.parse((await storeadm('-O', '-k', 'admin', '--json')).stdout);
    expect(orphans.users).toEqual([]);
    const dutch = orphans.stores.at(-1).guid;
    expect((await storeadm('-R', dutch, '-k', 'admin')).stdout).toContain('will be removed');
    expect(await storeadm('-R', dutch, '-k', 'admin')).toMatchObject({
      status: 1,
      stderr: 'kopano-storeadm: no such orphaned store\n',
    });
    expect(await storeadm('-P', '-k', 'admin')).toMatchObject({ status: 1 });
    expect(await storeadm('-C')).toMatchObject({ status: 1, stderr: 'kopano-storeadm: say the user with -n\n' });
  });
});
