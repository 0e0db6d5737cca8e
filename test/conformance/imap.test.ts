import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { playDialogue } from '../support/dialogue.ts';
import { fetchmail } from '../support/fetchmail.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;
let imaps: number;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false, options: { imap_max_messagesize: '300K' } });
  await stack.tenant('imap.test', ['ann', 'sync', 'idle', 'two', 'throttled', 'fetchmail', 'offline']);
  imaps = stack.port('gateway', 'imaps');
});
afterAll(() => stack?.stop());

/** The certificate of the stack, PEM. */
function certificate(): string {
  const secrets = JSON.parse(readFileSync(path.join(stack.data, 'aws', 'secrets.json'), 'utf8')) as Record<
    string,
    string
  >;
  const secret = Object.values(secrets).find((value) => value.includes('BEGIN CERTIFICATE'));
  return (JSON.parse(secret ?? '{}') as { cert: string }).cert;
}

const deliver = async (user: string, ...subjects: string[]) => {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  for (const subject of subjects)
    await client.send(
      [`${user}@imap.test`],
      Buffer.from(`From: Peer <p@peer.test>\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`),
    );
  client.close();
};

describe('IMAP', () => {
  it('speaks RFC 3501 from LOGIN to LOGOUT', () =>
    playDialogue('test/conformance/dialogues/imap-session.txt', imaps, { tls: true }));

  it('offers no login before TLS, and ignores commands that were sent before STARTTLS', async () => {
    const plain = await LineClient.open(stack.port('gateway', 'imap'));
    expect(await plain.line()).toContain('STARTTLS LOGINDISABLED');
    plain.write('a LOGIN ann@imap.test pass\r\n');
    expect(await plain.line()).toMatch(/^a NO \[PRIVACYREQUIRED\]/);
    plain.write('b STARTTLS\r\nc LOGIN ann@imap.test pass\r\n');
    expect(await plain.line()).toMatch(/^\* BYE/);
    plain.close();
    const secured = await run('curl', [
      '-sk',
      '--ssl-reqd',
      `imap://127.0.0.1:${stack.port('gateway', 'imap')}/`,
      '-u',
      'ann@imap.test:pass',
      '-X',
      'STATUS INBOX (MESSAGES)',
    ]);
    expect(secured.stdout).toContain('* STATUS "INBOX"');
  });

  it('a literal before login is limited, and a client with only syntax errors is disconnected', async () => {
    const client = await LineClient.open(imaps, { tls: true });
    await client.line();
    client.write('a LOGIN {999999999}\r\n');
    expect(await client.line()).toMatch(/^a BAD/);
    for (let i = 0; i < 12; i++) client.write(`x${i} NONSENSE\r\n`);
    let last = '';
    for (let i = 0; i < 12 && !last.startsWith('* BYE'); i++) last = await client.line();
    expect(last).toMatch(/^\* BYE/);
    client.close();
  });

  it('wrong passwords are soon refused unchecked, whatever the spelling of the login and however many at once; the right one waits a second', async () => {
    const attempt = async (login: string, password: string): Promise<string> => {
      const client = await LineClient.open(imaps, { tls: true });
      await client.line();
      client.write(`a LOGIN "${login}" ${password}\r\n`);
      const answer = await client.line();
      client.close();
      return answer;
    };
    for (let i = 0; i < 10; i++)
      expect(await attempt(`${' '.repeat(i % 3)}Throttled@imap.test${' '.repeat(i % 4)}`, 'wrong')).toMatch(
        /^a NO \[AUTHENTICATIONFAILED\]/,
      );
    expect(await attempt('throttled@imap.test', 'pass')).toMatch(/^a OK/);
    const answers = await Promise.all(Array.from({ length: 60 }, () => attempt('nobody@imap.test', 'wrong')));
    expect(answers.filter((answer) => answer.startsWith('a NO [UNAVAILABLE]')).length).toBeGreaterThan(40);
  });

  it('IDLE reports a message within a second, across processes', async () => {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: imaps,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'idle@imap.test', pass: 'pass' },
      logger: false,
    });
    await client.connect();
    await client.mailboxOpen('INBOX');
    const exists = new Promise<number>((resolve) =>
      client.on('exists', (event: { count: number }) => resolve(event.count)),
    );
    const idling = client.idle();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await deliver('idle', 'wake up');
    expect(await exists).toBe(1);
    await client.logout();
    await idling;
  });

  it('two sessions on one mailbox agree: numbers change only with an EXPUNGE response', async () => {
    await deliver('two', 'm1', 'm2', 'm3');
    const [a, b] = [
      await ImapClient.open(imaps, 'two@imap.test', 'pass'),
      await ImapClient.open(imaps, 'two@imap.test', 'pass'),
    ];
    await a.command('SELECT INBOX');
    await b.command('SELECT INBOX');
    await b.command('STORE 1 +FLAGS (\\Deleted)');
    await b.command('EXPUNGE');
    // RFC 3501 §7.4.1: no EXPUNGE during FETCH: 3 is still m3 for the first session.
    const fetched = await a.command('FETCH 3 (BODY.PEEK[HEADER.FIELDS (Subject)])');
    expect(fetched.map(({ text }) => text).some((text) => text.includes('EXPUNGE'))).toBe(false);
    expect(fetched[0]?.literals[0]?.toString()).toContain('m3');
    expect((await a.command('NOOP')).map(({ text }) => text)).toContain('* 1 EXPUNGE');
    expect((await a.command('FETCH 2 (BODY.PEEK[HEADER.FIELDS (Subject)])'))[0]?.literals[0]?.toString()).toContain(
      'm3',
    );
    await b.command('STORE 1 +FLAGS (\\Flagged)');
    expect((await a.command('NOOP')).map(({ text }) => text).join()).toMatch(
      /\* 1 FETCH \(UID 2 FLAGS \(\\Flagged \\Recent\)\)/,
    );
    a.close();
    b.close();
  });

  it('mbsync mirrors a mailbox, and mirrors changes back', async () => {
    await deliver('sync', 'one', 'two', 'three');
    const home = mkdtempSync(path.join(tmpdir(), 'pamoja-mbsync-'));
    const rc = path.join(home, 'rc');
    mkdirSync(`${home}/mail`);
    writeFileSync(
      rc,
      `IMAPAccount k
Host localhost
Port ${imaps}
User sync@imap.test
Pass pass
SSLType IMAPS
CertificateFile ${home}/cert.pem
AuthMechs PLAIN

IMAPStore far
Account k

MaildirStore near
Path ${home}/mail/
Inbox ${home}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
`,
    );
    writeFileSync(`${home}/cert.pem`, certificate());
    const mbsync = async () => {
      const mirrored = await run('mbsync', ['-c', rc, '-a'], { HOME: home });
      expect(mirrored.stderr + mirrored.stdout).not.toMatch(/error/i);
      expect(mirrored.status).toBe(0);
    };
    const local = (folder: string) =>
      ['cur', 'new'].flatMap((kind) =>
        readdirSync(`${home}/mail/${folder}/${kind}`).map((file) => `${home}/mail/${folder}/${kind}/${file}`),
      );
    await mbsync();
    expect(
      local('INBOX')
        .map((file) => /Subject: (.*)/.exec(readFileSync(file, 'utf8'))?.[1])
        .sort(),
    ).toEqual(['one', 'three', 'two']);
    expect(readdirSync(`${home}/mail`)).toEqual(
      expect.arrayContaining(['INBOX', 'Drafts', 'Sent Items', 'Junk E-mail']),
    );

    // The other way: one is deleted, one is flagged, a new one is in Drafts.
    for (const file of local('INBOX')) {
      const text = readFileSync(file, 'utf8');
      const flags = text.includes('Subject: one') ? 'ST' : text.includes('Subject: two') ? 'FS' : '';
      const name = path.basename(file).replace(/:2,.*$/, '');
      renameSync(file, `${home}/mail/INBOX/cur/${name}:2,${flags}`);
    }
    writeFileSync(`${home}/mail/Drafts/cur/1.draft.local:2,DS`, 'Subject: a draft\n\nof mine\n');
    await mbsync();
    const client = await ImapClient.open(imaps, 'sync@imap.test', 'pass');
    await client.command('SELECT INBOX');
    const states = (await client.command('FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)])')).map(
      ({ text, literals }) =>
        `${/FLAGS \(([^)]*)\)/.exec(text)?.[1]} ${/Subject: (\w+)/.exec(String(literals[0]))?.[1]}`,
    );
    expect(states).toEqual(['\\Seen \\Flagged two', ' three']);
    expect([...(await client.bodies('Drafts')).values()].map(String)).toEqual([
      expect.stringMatching(/Subject: a draft\r\n[\s\S]*\r\n\r\nof mine\r\n/),
    ]);
    client.close();

    // A new mirror has the same messages.
    rmSync(`${home}/mail`, { recursive: true });
    mkdirSync(`${home}/mail`);
    await mbsync();
    expect(local('INBOX')).toHaveLength(2);
  });

  it('offlineimap mirrors a mailbox into a Maildir, and a change back', async () => {
    await deliver('offline', 'one', 'two');
    const home = mkdtempSync(path.join(tmpdir(), 'pamoja-offlineimap-'));
    const rc = path.join(home, 'rc');
    writeFileSync(
      rc,
      `[general]
accounts = a
metadata = ${home}/meta
ui = quiet
[Account a]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = ${home}/mail
[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = ${imaps}
ssl = yes
cert_fingerprint = ${new X509Certificate(certificate()).fingerprint.replaceAll(':', '').toLowerCase()}
auth_mechanisms = PLAIN
remoteuser = offline@imap.test
remotepass = pass
folderfilter = lambda name: name in ['INBOX', 'Drafts']
`,
    );
    const offlineimap = async () => {
      const mirrored = await run('offlineimap', ['-c', rc, '-o'], { HOME: home });
      expect(mirrored).toMatchObject({ status: 0, stdout: '' });
    };
    await offlineimap();
    const files = () =>
      ['cur', 'new'].flatMap((kind) => readdirSync(`${home}/mail/INBOX/${kind}`).map((name) => ({ kind, name })));
    expect(files()).toHaveLength(2);
    const [first] = files();
    if (first)
      renameSync(
        `${home}/mail/INBOX/${first.kind}/${first.name}`,
        `${home}/mail/INBOX/cur/${first.name.replace(/:2,.*$/, '')}:2,F`,
      );
    await offlineimap();
    const client = await ImapClient.open(imaps, 'offline@imap.test', 'pass');
    await client.command('SELECT INBOX');
    expect((await client.command('SEARCH FLAGGED')).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^\* SEARCH [12]$/),
    ]);
    client.close();
    rmSync(home, { recursive: true });
  });

  it('fetchmail retrieves all mail and deletes it', async () => {
    await deliver('fetchmail', 'f1', 'f2');
    const mail = await fetchmail('imap', imaps, 'fetchmail@imap.test');
    expect(mail.match(/^Subject: f\d/gm)).toEqual(['Subject: f1', 'Subject: f2']);
    const client = await ImapClient.open(imaps, 'fetchmail@imap.test', 'pass');
    expect((await client.command('STATUS INBOX (MESSAGES)'))[0]?.text).toContain('MESSAGES 0');
    client.close();
  });
});
