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
    const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
    await lmtp.send(['john@admin.test'], Buffer.from('Subject: kept\r\n\r\n'));
    lmtp.close();
    await said('-d', 'john@admin.test');
    const guid = /^ {2}([0-9A-F]{32})\s+john@admin\.test/m.exec(await said('--list-orphans'))?.[1] ?? '';
    await said('-c', 'john@admin.test', '-p', 'again', '--enable-feature', 'imap');
    expect(await logIn('again')).toBe(0);
    await said('--hook-store', guid, '-u', 'john@admin.test');
    expect(await logIn('again')).toBe(1);
    // The store that the user had is the orphan now.
    const orphans = await said('--list-orphans');
    expect(orphans).not.toContain(guid);
    expect(orphans).toContain('john@admin.test');
  });

  it('says what is wrong, and exits with 1', async () => {
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

  it('purges what was deleted', async () => {
    const client = await ImapClient.open(stack.port('gateway', 'imaps'), 'john@admin.test', 'again');
    await client.command('SELECT INBOX');
    await client.command('STORE 1 +FLAGS (\\Deleted)');
    await client.command('EXPUNGE');
    client.close();
    expect(await said('--purge-softdelete', '30')).toContain('Purged 0 items.');
    expect(await said('--purge-softdelete', '0')).toContain('Purged 1 items.');
  });
});
