import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient, literal, texts } from '../../scripts/clients/imap-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';

// IMAP4rev2 (RFC 9051), and the ways to upload messages.

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({
    durable: false,
    options: { quota_hard: 10, imap_max_messagesize: 200_000, pop3_login_delay: 60 },
  });
  await stack.tenant('two.test', ['rev', 'utf', 'multi', 'cat', 'bin', 'rep', 'meta', 'ctx', 'note', 'use', 'scram']);
});
afterAll(() => stack?.stop());

const open = (user: string) => ImapClient.open(stack.port('gateway', 'imaps'), `${user}@two.test`, 'pass');

async function deliver(user: string, ...messages: string[]): Promise<void> {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  for (const message of messages) await client.send([`${user}@two.test`], Buffer.from(message));
  client.close();
}

const simple = (subject: string): string =>
  `From: Peer <p@peer.test>\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`;

const sourceOf = async (client: ImapClient, uid: number): Promise<string | undefined> =>
  (await client.command(`UID FETCH ${uid} BODY.PEEK[]`))[0]?.literals[0]?.toString();

describe('IMAP4rev2', () => {
  it('answers searches with ESEARCH, has no RECENT, and names the mailbox at SELECT', async () => {
    await deliver('rev', simple('one'), simple('two'));
    const client = await open('rev');
    expect(await texts(client, 'CAPABILITY')).toEqual([expect.stringMatching(/ IMAP4rev1 IMAP4rev2 .*BINARY/)]);
    expect(await texts(client, 'ENABLE IMAP4rev2')).toEqual(['* ENABLED IMAP4rev2']);
    const selected = await texts(client, 'SELECT inbox');
    expect(selected.join('\n')).not.toMatch(/RECENT|UNSEEN/);
    expect(selected).toContain('* LIST () "/" "INBOX"');
    expect(await texts(client, 'SEARCH UNSEEN')).toEqual([
      expect.stringMatching(/^\* ESEARCH \(TAG "t\d+"\) ALL 1:2$/),
    ]);
    expect(await texts(client, 'UID SEARCH SEEN')).toEqual([expect.stringMatching(/^\* ESEARCH \(TAG "t\d+"\) UID$/)]);
    expect(await texts(client, 'SELECT INBOX')).toContain('* OK [CLOSED] the previous mailbox is closed');
    await expect(client.command('ENABLE UTF8=ACCEPT')).rejects.toThrow('BAD');
    await deliver('rev', simple('three'));
    expect(await texts(client, 'NOOP')).toEqual(['* 3 EXISTS']);
    client.close();
  });

  it('has mailbox names in UTF-8 for a client that has enabled it, and in modified UTF-7 for others', async () => {
    const [old, now] = [await open('utf'), await open('utf')];
    await now.command('ENABLE UTF8=ACCEPT');
    await now.command('CREATE "Entwürfe & mehr"');
    expect(await texts(now, 'LIST "" "Entw*"')).toEqual([expect.stringMatching(/"Entwürfe & mehr"$/)]);
    expect(await texts(old, 'LIST "" "Entw*"')).toEqual([expect.stringMatching(/"Entw&APw-rfe &- mehr"$/)]);
    await now.command('SELECT "Entwürfe & mehr"');
    await old.command('SELECT "Entw&APw-rfe &- mehr"');
    // A client that has enabled UTF-8 may append a message with UTF-8 in its header.
    const message = 'From: ä@utf.test\r\nSubject: grüße\r\n\r\nx';
    await now.command(`APPEND "Entwürfe & mehr" (\\Seen) UTF8 (~${literal(message)})`);
    expect(await sourceOf(now, 1)).toBe(message);
    await expect(old.command(`APPEND INBOX UTF8 (~${literal(message)})`)).rejects.toThrow('BAD');
    old.close();
    now.close();
  });
});

describe('APPEND', () => {
  it('of several messages stores all or none of them (RFC 3502)', async () => {
    const client = await open('multi');
    const [one, two] = [simple('first'), simple('second')];
    await client.command(
      `APPEND INBOX (\\Seen) ${literal(one)} (\\Flagged kw) "07-Feb-1994 21:52:25 -0800" ${literal(two)}`,
    );
    expect(client.tagged).toMatch(/^OK \[APPENDUID \d+ 1:2\]/);
    await client.command('SELECT INBOX');
    expect(await texts(client, 'FETCH 1:2 (FLAGS)')).toEqual([
      '* 1 FETCH (FLAGS (\\Seen \\Recent))',
      '* 2 FETCH (FLAGS (\\Flagged \\Recent kw))',
    ]);
    expect(await texts(client, 'FETCH 2 INTERNALDATE')).toEqual([
      '* 2 FETCH (INTERNALDATE " 8-Feb-1994 05:52:25 +0000")',
    ]);
    // The second is over the limit: the first is not stored either, and the connection goes on.
    const big = `Subject: big\r\n\r\n${'x'.repeat(200_001)}`;
    await expect(client.command(`APPEND INBOX ${literal(one)} ${literal(big)} ${literal(two)}`)).rejects.toThrow(
      'TOOBIG',
    );
    await expect(client.command(`APPEND Nowhere ${literal(one)} ${literal(two)}`)).rejects.toThrow('TRYCREATE');
    expect(await texts(client, 'NOOP')).toEqual([]);
    expect(await sourceOf(client, 2)).toBe(two);
    client.close();
  });

  it('joins texts and parts of stored messages (RFC 4469)', async () => {
    await deliver(
      'cat',
      'Subject: source\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nfirst part\r\n--b\r\nContent-Type: text/x-y\r\n\r\nsecond part\r\n--b--\r\n',
    );
    const client = await open('cat');
    const selected = await texts(client, 'SELECT INBOX');
    const validity = /UIDVALIDITY (\d+)/.exec(selected.join())?.[1];
    await client.command(
      `APPEND INBOX (\\Draft) CATENATE (TEXT ${literal('Subject: made\r\n\r\n<')} URL "/INBOX;UIDVALIDITY=${validity}/;UID=1/;SECTION=1" TEXT ${literal('|')} URL ";UID=1/;SECTION=2.MIME/;PARTIAL=0.12" TEXT ${literal('>')})`,
    );
    expect(client.tagged).toMatch(/APPENDUID \d+ 2\]/);
    expect(await sourceOf(client, 2)).toBe('Subject: made\r\n\r\n<first part|Content-Type>');
    for (const url of [
      `/INBOX;UIDVALIDITY=${Number(validity) + 1}/;UID=1`,
      '/INBOX/;UID=99',
      '/Nowhere/;UID=1',
      'imap://other@h/INBOX/;UID=1',
      'http://x/',
      '/INBOX/;UID=1/;SECTION=7',
    ])
      await expect(client.command(`APPEND INBOX CATENATE (URL "${url}")`)).rejects.toThrow(`NO [BADURL "${url}"]`);
    client.close();
  });

  it('in the form of REPLACE replaces a message (RFC 8508)', async () => {
    await deliver('rep', simple('draft 1'), simple('other'));
    const client = await open('rep');
    await client.command('SELECT INBOX');
    const answer = await texts(client, `UID REPLACE 1 INBOX (\\Draft) ${literal(simple('draft 2'))}`);
    expect(answer[0]).toMatch(/^\* OK \[APPENDUID \d+ 3\]/);
    expect(answer.slice(1)).toEqual(['* 1 EXPUNGE', '* 2 EXISTS', '* 2 RECENT']);
    expect(await texts(client, 'UID SEARCH ALL')).toEqual(['* SEARCH 2 3']);
    expect(await sourceOf(client, 3)).toBe(simple('draft 2'));
    await expect(client.command(`REPLACE 9 INBOX ${literal('x')}`)).rejects.toThrow('BAD');
    await expect(client.command(`UID REPLACE 1 INBOX ${literal('x')}`)).rejects.toThrow('NO');
    expect(await texts(client, 'UID SEARCH ALL')).toEqual(['* SEARCH 2 3']);
    client.close();
  });
});

describe('BINARY (RFC 3516)', () => {
  it('gives parts without their transfer encoding, and their decoded sizes', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
    const base64 = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');
    await deliver(
      'bin',
      `Subject: binary\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=C3=BC=\r\n=C3=9Fe  \r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nno\r\n--b--\r\n`,
    );
    const client = await open('bin');
    await client.command('SELECT INBOX');
    expect(await texts(client, 'FETCH 1 (BINARY.SIZE[1] BINARY.SIZE[2])')).toEqual([
      '* 1 FETCH (BINARY.SIZE[1] 7 BINARY.SIZE[2] 70000)',
    ]);
    const [whole] = await client.command('FETCH 1 (BINARY.PEEK[2])');
    expect(whole?.text).toMatch(/^\* 1 FETCH \(BINARY\[2\] ~<literal>\)$/);
    expect(whole?.literals[0]?.equals(bytes)).toBe(true);
    const [part] = await client.command('UID FETCH 1 (BINARY.PEEK[2]<69990.100> FLAGS)');
    expect(part?.text).toBe('* 1 FETCH (UID 1 BINARY[2]<69990> ~<literal> FLAGS (\\Recent))');
    expect(part?.literals[0]?.equals(bytes.subarray(69_990))).toBe(true);
    const [seen] = await client.command('FETCH 1 (BINARY[1])');
    expect(seen?.literals[0]?.toString()).toBe('grüße');
    expect(seen?.text).toContain('FLAGS (\\Seen \\Recent)');
    await expect(client.command('FETCH 1 (BINARY[3])')).rejects.toThrow('UNKNOWN-CTE');
    client.close();
  });
});

describe('METADATA (RFC 5464)', () => {
  it('keeps annotations of mailboxes and the server, with depth and size', async () => {
    const client = await open('meta');
    await client.command('SETMETADATA INBOX (/private/comment "My own" /shared/comment {3+}\r\nAll /private/a/b "1")');
    expect(await texts(client, 'GETMETADATA "INBOX" /private/comment')).toEqual([
      '* METADATA "INBOX" ("/private/comment" "My own")',
    ]);
    expect(await texts(client, 'GETMETADATA (DEPTH infinity) INBOX (/private /shared/none)')).toEqual([
      '* METADATA "INBOX" ("/private/a/b" "1" "/private/comment" "My own")',
    ]);
    expect(await texts(client, 'GETMETADATA (MAXSIZE 3) INBOX (/shared/comment /private/comment)')).toEqual([
      '* METADATA "INBOX" ("/shared/comment" "All")',
    ]);
    expect(client.tagged).toMatch(/^OK \[METADATA LONGENTRIES 6\]/);
    await client.command('SETMETADATA "" (/private/vendor/x/y "mine")');
    expect(await texts(client, 'GETMETADATA "" /private/vendor/x/y')).toEqual([
      '* METADATA "" ("/private/vendor/x/y" "mine")',
    ]);
    await client.command('SETMETADATA INBOX (/private/comment NIL)');
    expect(await texts(client, 'GETMETADATA INBOX /private/comment')).toEqual([
      '* METADATA "INBOX" ("/private/comment" NIL)',
    ]);
    await expect(client.command('SETMETADATA "" (/shared/comment "x")')).rejects.toThrow('NOPERM');
    await expect(client.command('SETMETADATA INBOX (/other/x "x")')).rejects.toThrow('BAD');
    await expect(
      client.command(`SETMETADATA INBOX (/private/a {65000+}\r\n${'x'.repeat(65_000)} /private/b "1")`),
    ).resolves.toEqual([]);
    client.close();
  });
});

describe('CREATE-SPECIAL-USE (RFC 6154)', () => {
  it('creates an archive, and no second mailbox with the same use', async () => {
    const client = await open('use');
    await client.command('CREATE Archive (USE (\\Archive))');
    expect(await texts(client, 'LIST (SPECIAL-USE) "" "Arch*"')).toEqual([
      '* LIST (\\HasNoChildren \\Archive) "/" "Archive"',
    ]);
    await expect(client.command('CREATE Second (USE (\\Archive))')).rejects.toThrow('USEATTR');
    await expect(client.command('CREATE Sent2 (USE (\\Sent))')).rejects.toThrow('USEATTR');
    await expect(client.command('CREATE All (USE (\\All))')).rejects.toThrow('USEATTR');
    expect(await texts(client, 'LIST "" (Second Sent2 All)')).toEqual([]);
    // A folder with a special use cannot be deleted, over any protocol.
    await expect(client.command('RENAME Archive Old')).rejects.toThrow('NOPERM');
    await expect(client.command('DELETE Archive')).rejects.toThrow('NOPERM');
    client.close();
  });
});

describe('searches that the server updates (RFC 5267)', () => {
  it('report messages that enter and leave the result, also in the order of a sort', async () => {
    await deliver('ctx', simple('b'), simple('d'));
    const [a, b] = [await open('ctx'), await open('ctx')];
    await a.command('SELECT INBOX');
    await b.command('SELECT INBOX');
    const tagOf = (answer: string[]) => /TAG "(t\d+)"/.exec(answer[0] ?? '')?.[1] ?? '';
    const unseen = tagOf(await texts(a, 'UID SEARCH RETURN (UPDATE COUNT) UNSEEN'));
    const sorted = await texts(a, 'UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 ALL');
    expect(sorted[0]).toMatch(/ALL 1,2$/);
    const bySubject = tagOf(sorted);
    await deliver('ctx', simple('c'));
    expect(await texts(a, 'NOOP')).toEqual([
      '* 3 EXISTS',
      '* 3 RECENT',
      `* ESEARCH (TAG "${unseen}") UID ADDTO (0 3)`,
      `* ESEARCH (TAG "${bySubject}") UID ADDTO (2 3)`,
    ]);
    await b.command('STORE 1 +FLAGS (\\Seen \\Deleted)');
    expect(await texts(a, 'NOOP')).toEqual([
      '* 1 FETCH (UID 1 FLAGS (\\Seen \\Deleted \\Recent))',
      `* ESEARCH (TAG "${unseen}") UID REMOVEFROM (0 1)`,
    ]);
    await b.command('EXPUNGE');
    expect(await texts(a, 'NOOP')).toEqual([`* ESEARCH (TAG "${bySubject}") UID REMOVEFROM (1 1)`, '* 1 EXPUNGE']);
    await a.command(`CANCELUPDATE "${unseen}" "${bySubject}"`);
    await deliver('ctx', simple('a'));
    expect(await texts(a, 'NOOP')).toEqual(['* 3 EXISTS', '* 3 RECENT']);
    a.close();
    b.close();
  });
});

describe('NOTIFY (RFC 5465)', () => {
  it('reports changes of other mailboxes and of the selected one unasked', async () => {
    const [a, b] = [await open('note'), await open('note')];
    await b.command('CREATE Lists');
    await a.command('SELECT INBOX');
    expect(
      await texts(
        a,
        'NOTIFY SET STATUS (selected (MessageNew (FLAGS BODY.PEEK[HEADER.FIELDS (Subject)]) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName))',
      ),
    ).toContain(
      '* STATUS "Lists" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)'.replace('UIDVALIDITY 1', await validityOf(b, 'Lists')),
    );
    await b.command(`APPEND Lists ${literal(simple('to a list'))}`);
    expect((await a.response()).text).toMatch(/^\* STATUS "Lists" \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+ UNSEEN 1\)$/);
    await deliver('note', simple('hello'));
    expect((await a.response()).text).toBe('* 1 EXISTS');
    expect((await a.response()).text).toBe('* 1 RECENT');
    const fetched = await a.response();
    expect(fetched.text).toMatch(
      /^\* 1 FETCH \(UID 1 FLAGS \(\\Recent\) BODY\[HEADER\.FIELDS \(Subject\)\] <literal>\)$/,
    );
    expect(fetched.literals[0]?.toString()).toBe('Subject: hello\r\n\r\n');
    await b.command('CREATE New');
    expect((await a.response()).text).toBe('* LIST (\\HasNoChildren) "/" "New"');
    expect((await a.response()).text).toMatch(/^\* STATUS "New" /);
    await b.command('RENAME New Newer');
    expect((await a.response()).text).toBe('* LIST (\\HasNoChildren) "/" "Newer" ("OLDNAME" ("New"))');
    await b.command('DELETE Newer');
    expect((await a.response()).text).toBe('* LIST (\\NonExistent) "/" "Newer"');
    await a.command('NOTIFY NONE');
    await b.command('CREATE Silent');
    expect(await texts(a, 'NOOP')).toEqual([]);
    await expect(a.command('NOTIFY SET (personal (AnnotationChange))')).rejects.toThrow('BADEVENT (MessageNew');
    await expect(a.command('NOTIFY SET (personal (MessageNew))')).rejects.toThrow('BAD');
    a.close();
    b.close();
  });

  const validityOf = async (client: ImapClient, name: string): Promise<string> =>
    /UIDVALIDITY \d+/.exec((await texts(client, `STATUS ${name} (UIDVALIDITY)`)).join())?.[0].concat(' UNSEEN 0') ?? '';
});

describe('POP3 LOGIN-DELAY (RFC 2449 §6.5)', () => {
  it('refuses a second login that comes too soon', async () => {
    const logIn = async (): Promise<string> => {
      const client = await LineClient.open(stack.port('gateway', 'pop3s'), { tls: true });
      client.write('CAPA\r\nUSER scram@two.test\r\nPASS pass\r\nQUIT\r\n');
      const lines: string[] = [];
      while (!/^\+OK logged in|^-ERR/.test(lines.at(-1) ?? '')) lines.push(await client.line());
      client.close();
      expect(lines).toContain('LOGIN-DELAY 60');
      return lines.at(-1) ?? '';
    };
    expect(await logIn()).toBe('+OK logged in');
    expect(await logIn()).toMatch(/^-ERR \[LOGIN-DELAY\]/);
  });
});

describe('AUTHENTICATE', () => {
  const dialogue = async () => {
    const client = await LineClient.open(stack.port('gateway', 'imaps'), { tls: true });
    await client.line();
    return client;
  };
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

  async function scram(user: string, password: string): Promise<string> {
    const client = await dialogue();
    const bare = `n=${user},r=fyko+d2lbbFgONRv9qkxdawL`;
    client.write(`a AUTHENTICATE SCRAM-SHA-256 ${base64(`n,,${bare}`)}\r\n`);
    const first = Buffer.from((await client.line()).slice(2), 'base64').toString();
    const [, nonce = '', salt = '', iterations = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(first) ?? [];
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const key = hmac(salted, 'Client Key');
    const last = `c=biws,r=${nonce}`;
    const message = `${bare},${first},${last}`;
    const signature = hmac(createHash('sha256').update(key).digest(), message);
    const proof = Buffer.from(key.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64');
    client.write(`${base64(`${last},p=${proof}`)}\r\n`);
    const answer = await client.line();
    if (!answer.startsWith('+ ')) return answer;
    expect(Buffer.from(answer.slice(2), 'base64').toString()).toBe(
      `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`,
    );
    client.write('\r\n');
    const tagged = await client.line();
    client.close();
    return tagged;
  }

  it('SCRAM-SHA-256 accepts the right password only (RFC 7677)', async () => {
    expect(await scram('scram@two.test', 'pass')).toMatch(/^a OK \[CAPABILITY /);
    expect(await scram('scram@two.test', 'wrong')).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
    expect(await scram('nobody@two.test', 'pass')).toMatch(/^a NO \[AUTHENTICATIONFAILED\]/);
  });

  it('LOGIN asks for name and password; tokens are refused while no authenticator checks them', async () => {
    const client = await dialogue();
    client.write('a AUTHENTICATE OAUTHBEARER\r\n');
    expect(await client.line()).toMatch(/^a NO /);
    client.write('b AUTHENTICATE LOGIN\r\n');
    expect(await client.line()).toBe(`+ ${base64('Username:')}`);
    client.write(`${base64('scram@two.test')}\r\n`);
    expect(await client.line()).toBe(`+ ${base64('Password:')}`);
    client.write(`${base64('pass')}\r\n`);
    expect(await client.line()).toMatch(/^b OK /);
    client.close();
  });
});
