import { connect } from 'node:tls';
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient, texts } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';

// Extensions of IMAP beyond RFC 3501, each with the examples of its RFC in mind.

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false, options: { quota_hard: 10 } });
  await stack.tenant('ext.test', [
    'condstore',
    'qresync',
    'search',
    'list',
    'flow',
    'quota',
    'sort',
    'compress',
    'ids',
  ]);
});
afterAll(() => stack?.stop());

const open = (user: string) => ImapClient.open(stack.port('gateway', 'imaps'), `${user}@ext.test`, 'pass');

async function deliver(user: string, ...subjects: string[]): Promise<void> {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  for (const subject of subjects)
    await client.send(
      [`${user}@ext.test`],
      Buffer.from(`From: Peer <p@peer.test>\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`),
    );
  client.close();
}

/** The number after a word in any of the responses. */
function numberAfter(responses: readonly string[], word: string): number {
  const found = responses.map((text) => new RegExp(`${word} \\(?(\\d+)`).exec(text)?.[1]).find(Boolean);
  if (!found) throw new Error(`no ${word} in ${responses.join(' | ')}`);
  return Number(found);
}

describe('CONDSTORE (RFC 7162)', () => {
  it('gives every change a modseq, finds changes since one, and refuses to overwrite a later change', async () => {
    await deliver('condstore', 'one', 'two', 'three');
    const [a, b] = [await open('condstore'), await open('condstore')];
    const first = numberAfter(await texts(a, 'SELECT INBOX (CONDSTORE)'), 'HIGHESTMODSEQ');
    await b.command('SELECT INBOX');
    expect(await texts(b, 'STORE 1 +FLAGS (\\Flagged)')).toEqual(['* 1 FETCH (FLAGS (\\Flagged))']);

    // The untagged FETCH has the modseq, without being asked for.
    const told = await texts(a, 'NOOP');
    expect(told).toEqual([
      expect.stringMatching(/^\* 1 FETCH \(UID \d+ FLAGS \(\\Flagged \\Recent\) MODSEQ \(\d+\)\)$/),
    ]);
    const second = numberAfter(told, 'MODSEQ');
    expect(second).toBeGreaterThan(first);

    expect(await texts(a, `FETCH 1:* (FLAGS) (CHANGEDSINCE ${first})`)).toEqual([
      `* 1 FETCH (FLAGS (\\Flagged \\Recent) MODSEQ (${second}))`,
    ]);
    expect(await texts(a, `FETCH 1:* (UID) (CHANGEDSINCE ${second})`)).toEqual([]);

    // UNCHANGEDSINCE with an older modseq leaves the changed message alone, and changes all others.
    const stored = await texts(a, `STORE 1,2 (UNCHANGEDSINCE ${first}) +FLAGS.SILENT (\\Deleted)`);
    expect(stored).toEqual([expect.stringMatching(/^\* 2 FETCH \(UID \d+ MODSEQ \(\d+\)\)$/)]);
    expect(a.tagged).toMatch(/^OK \[MODIFIED 1\]/);
    expect(await texts(a, 'FETCH 1:2 (FLAGS)')).toEqual([
      '* 1 FETCH (FLAGS (\\Flagged \\Recent))',
      '* 2 FETCH (FLAGS (\\Deleted \\Recent))',
    ]);

    const third = numberAfter(stored, 'MODSEQ');
    expect(await texts(a, `SEARCH MODSEQ ${second}`)).toEqual([`* SEARCH 1 2 (MODSEQ ${third})`]);
    expect(await texts(a, `SEARCH RETURN (MIN) MODSEQ ${second}`)).toEqual([
      expect.stringMatching(new RegExp(`^\\* ESEARCH \\(TAG "t\\d+"\\) MIN 1 MODSEQ ${second}$`)),
    ]);
    expect(await texts(a, 'STATUS INBOX (HIGHESTMODSEQ DELETED DELETED-STORAGE)')).toEqual([
      expect.stringMatching(
        new RegExp(`^\\* STATUS "INBOX" \\(HIGHESTMODSEQ ${third} DELETED 1 DELETED-STORAGE \\d+\\)$`),
      ),
    ]);
    await expect(a.command('STORE 1 (UNCHANGEDSINCE x) +FLAGS (\\Seen)')).rejects.toThrow('BAD');
    a.close();
    b.close();
  });
});

describe('QRESYNC (RFC 7162)', () => {
  it('gives a returning client the expunged and the changed messages in one round trip', async () => {
    await deliver('qresync', ...Array.from({ length: 6 }, (_, n) => `message ${n}`));
    const a = await open('qresync');
    expect(await texts(a, 'ENABLE QRESYNC X-NOTHING')).toEqual(['* ENABLED QRESYNC']);
    const selected = await texts(a, 'SELECT INBOX');
    const validity = numberAfter(selected, 'UIDVALIDITY');
    const modseq = numberAfter(selected, 'HIGHESTMODSEQ');
    a.close();

    const b = await open('qresync');
    await b.command('SELECT INBOX');
    await b.command('STORE 2,3,5 +FLAGS (\\Deleted)');
    expect(await texts(b, 'EXPUNGE')).toEqual(['* 5 EXPUNGE', '* 3 EXPUNGE', '* 2 EXPUNGE']);
    await b.command('STORE 3 +FLAGS (\\Answered)');

    const c = await open('qresync');
    await expect(c.command(`SELECT INBOX (QRESYNC (${validity} ${modseq}))`)).rejects.toThrow('BAD');
    await c.command('ENABLE QRESYNC');
    const resumed = await texts(c, `SELECT INBOX (QRESYNC (${validity} ${modseq} 1:4,6))`);
    expect(resumed).toContain('* VANISHED (EARLIER) 2:3');
    expect(resumed.filter((text) => text.includes('FETCH'))).toEqual([
      expect.stringMatching(/^\* 3 FETCH \(UID 6 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/),
    ]);
    // With another UIDVALIDITY the client's state is ignored.
    expect((await texts(c, `SELECT INBOX (QRESYNC (${validity + 1} ${modseq}))`)).join()).not.toContain('VANISHED');
    expect(await texts(c, `UID FETCH 1:* (FLAGS) (CHANGEDSINCE ${modseq} VANISHED)`)).toEqual([
      '* VANISHED (EARLIER) 2:3,5',
      expect.stringMatching(/^\* 3 FETCH \(UID 6 FLAGS \(\\Answered\) MODSEQ \(\d+\)\)$/),
    ]);
    // A message that is expunged while the mailbox is selected is reported by uid.
    await b.command('STORE 1:2 +FLAGS (\\Deleted)');
    await b.command('EXPUNGE');
    expect(await texts(c, 'NOOP')).toEqual(['* VANISHED 1,4']);
    await c.command('STORE 1 +FLAGS (\\Deleted)');
    expect(await texts(c, 'EXPUNGE')).toEqual(['* VANISHED 6']);
    expect(c.tagged).toMatch(/^OK \[HIGHESTMODSEQ \d+\]/);
    b.close();
    c.close();
  });

  it('works with imapflow', async () => {
    await deliver('flow', 'first', 'second');
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: stack.port('gateway', 'imaps'),
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: 'flow@ext.test', pass: 'pass' },
      qresync: true,
      logger: false,
    });
    await client.connect();
    const lock = await client.getMailboxLock('INBOX');
    try {
      expect(client.enabled).toContain('QRESYNC');
      const highest = (client.mailbox as { highestModseq?: bigint }).highestModseq;
      const gone = new Promise<{ uid?: number; vanished?: boolean }>((resolve) =>
        client.once('expunge', (event: { uid?: number; vanished?: boolean }) => resolve(event)),
      );
      await client.messageFlagsAdd('2', ['\\Flagged']);
      const changed: number[] = [];
      for await (const message of client.fetch('1:*', { uid: true, flags: true }, { changedSince: highest ?? 0n }))
        changed.push(message.uid);
      expect(changed).toEqual([2]);
      await client.messageDelete('1');
      expect(await gone).toMatchObject({ uid: 1, vanished: true });
    } finally {
      lock.release();
      await client.logout();
    }
  });
});

describe('searches', () => {
  it('give the requested results, and save them for the commands that follow (RFC 4731, RFC 5182)', async () => {
    await deliver('search', 'red', 'green', 'blue', 'red too');
    const client = await open('search');
    await client.command('SELECT INBOX');
    const search = (what: string) => texts(client, what);
    const tag = /\(TAG "t\d+"\)/;
    const result = async (what: string) => (await search(what)).map((text) => text.replace(tag, '(TAG)'));
    expect(await result('SEARCH RETURN (MIN MAX COUNT ALL) SUBJECT red')).toEqual([
      '* ESEARCH (TAG) MIN 1 MAX 4 COUNT 2 ALL 1,4',
    ]);
    expect(await result('UID SEARCH RETURN () ALL')).toEqual(['* ESEARCH (TAG) UID ALL 1:4']);
    expect(await result('SEARCH RETURN (MIN COUNT) SUBJECT nothing')).toEqual(['* ESEARCH (TAG) COUNT 0']);
    expect(await result('SEARCH RETURN (SAVE) SUBJECT red')).toEqual([]);
    expect(await search('FETCH $ (UID)')).toEqual(['* 1 FETCH (UID 1)', '* 4 FETCH (UID 4)']);
    expect(await result('SEARCH RETURN (SAVE COUNT) $ SUBJECT too')).toEqual(['* ESEARCH (TAG) COUNT 1']);
    expect(await search('UID STORE $ +FLAGS (\\Flagged)')).toEqual(['* 4 FETCH (UID 4 FLAGS (\\Flagged \\Recent))']);
    expect(await result('SEARCH RETURN (SAVE MIN) ALL')).toEqual(['* ESEARCH (TAG) MIN 1']);
    expect(await search('UID FETCH $ (UID)')).toEqual(['* 1 FETCH (UID 1)']);
    // Pages of a result (RFC 9394).
    expect(await result('SEARCH RETURN (PARTIAL 1:2 COUNT) ALL')).toEqual([
      '* ESEARCH (TAG) COUNT 4 PARTIAL (1:2 1:2)',
    ]);
    expect(await result('UID SEARCH RETURN (PARTIAL -1:-3) ALL')).toEqual(['* ESEARCH (TAG) UID PARTIAL (-1:-3 2:4)']);
    expect(await result('SEARCH RETURN (PARTIAL 5:9) ALL')).toEqual(['* ESEARCH (TAG) PARTIAL (5:9 NIL)']);
    expect(await search('UID FETCH 1:* (UID) (PARTIAL -1:-1)')).toEqual(['* 4 FETCH (UID 4)']);
    await expect(client.command('SEARCH RETURN (PARTIAL 1:2 ALL) ALL')).rejects.toThrow('BAD');
    await expect(client.command('SEARCH RETURN (PARTIAL 0:2) ALL')).rejects.toThrow('BAD');
    await client.command('SELECT INBOX');
    expect(await search('FETCH $ (UID)')).toEqual([]);
    await expect(client.command('SEARCH RETURN (NONSENSE) ALL')).rejects.toThrow('BAD');
    client.close();
  });

  it('compare ages and the date of saving (RFC 5032, RFC 8514)', async () => {
    const client = await open('search');
    await client.command('CREATE old');
    await client.command('APPEND old "01-Jan-2020 00:00:00 +0000" {14+}\r\nSubject: x\r\n\r\n');
    await client.command('SELECT old');
    expect(await texts(client, 'SEARCH OLDER 86400')).toEqual(['* SEARCH 1']);
    expect(await texts(client, 'SEARCH YOUNGER 86400')).toEqual(['* SEARCH']);
    expect(await texts(client, 'SEARCH SAVEDSINCE 01-Jan-2021')).toEqual(['* SEARCH 1']);
    expect(await texts(client, 'SEARCH SINCE 01-Jan-2021')).toEqual(['* SEARCH']);
    await client.command('SELECT INBOX');
    expect(await texts(client, 'FETCH 1:2 (PREVIEW (LAZY))')).toEqual([
      '* 1 FETCH (PREVIEW "body of red")',
      '* 2 FETCH (PREVIEW "body of green")',
    ]);
    await client.command('SELECT old');
    expect(await texts(client, 'FETCH 1 SAVEDATE')).toEqual([
      expect.stringMatching(/^\* 1 FETCH \(SAVEDATE "[ \d]\d-\w{3}-20[2-9]\d [\d:]{8} \+0000"\)$/),
    ]);
    client.close();
  });
});

describe('SORT and THREAD (RFC 5256)', () => {
  const mail = async (...fields: string[][]): Promise<void> => {
    const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
    for (const header of fields)
      await client.send(['sort@ext.test'], Buffer.from(`${header.join('\r\n')}\r\n\r\n${'x'.repeat(header.length)}`));
    client.close();
  };

  it('order and group the messages that a search finds', async () => {
    await mail(
      ['From: Zoe <zoe@a.test>', 'Subject: plans', 'Date: Mon, 2 Mar 2026 10:00:00 +0000', 'Message-ID: <1@a>'],
      [
        'From: "Bob" <zz@a.test>',
        'Subject: Re: plans',
        'Date: Wed, 4 Mar 2026 10:00:00 +0000',
        'Message-ID: <2@a>',
        'In-Reply-To: <1@a>',
      ],
      [
        'From: =?utf-8?q?=C3=84nne?= <an@a.test>',
        'Subject: apples',
        'Date: Sun, 1 Mar 2026 10:00:00 +0000',
        'Message-ID: <3@a>',
      ],
      [
        'From: ann@a.test',
        'Subject: [list] re: Plans',
        'Date: Tue, 3 Mar 2026 10:00:00 +0000',
        'Message-ID: <4@a>',
        'References: <1@a>\r\n <2@a>',
      ],
    );
    const client = await open('sort');
    await client.command('SELECT INBOX');
    expect(await texts(client, 'SORT (DATE) UTF-8 ALL')).toEqual(['* SORT 3 1 4 2']);
    expect(await texts(client, 'SORT (REVERSE DATE) UTF-8 ALL')).toEqual(['* SORT 2 4 1 3']);
    expect(await texts(client, 'SORT (SUBJECT REVERSE DATE) UTF-8 ALL')).toEqual(['* SORT 3 2 4 1']);
    expect(await texts(client, 'UID SORT (FROM) US-ASCII NOT SUBJECT apples')).toEqual(['* SORT 4 1 2']);
    expect(await texts(client, 'SORT (DISPLAYFROM) UTF-8 ALL')).toEqual(['* SORT 4 3 2 1']);
    expect(await texts(client, 'SORT (ARRIVAL) UTF-8 SUBJECT nothing')).toEqual(['* SORT']);
    const [result] = await texts(client, 'SORT RETURN (MIN MAX ALL COUNT SAVE) (DATE) UTF-8 ALL');
    expect(result).toMatch(/^\* ESEARCH \(TAG "t\d+"\) MIN 3 MAX 2 COUNT 4 ALL 3,1,4,2$/);
    expect(await texts(client, 'THREAD REFERENCES UTF-8 ALL')).toEqual(['* THREAD (3)(1 2 4)']);
    expect(await texts(client, 'UID THREAD ORDEREDSUBJECT UTF-8 ALL')).toEqual(['* THREAD (3)(1 (4)(2))']);
    await expect(client.command('SORT (NONSENSE) UTF-8 ALL')).rejects.toThrow('BAD');
    await expect(client.command('SORT (REVERSE) UTF-8 ALL')).rejects.toThrow('BAD');
    await expect(client.command('SORT (DATE) KOI8-R ALL')).rejects.toThrow('BADCHARSET');
    await expect(client.command('THREAD NONSENSE UTF-8 ALL')).rejects.toThrow('BAD');
    client.close();
  });
});

describe('OBJECTID (RFC 8474)', () => {
  it('ids stay with moves, copies and renames; a message with other octets has another id', async () => {
    await deliver('ids', 'one', 'Re: one', 'other');
    const client = await open('ids');
    await client.command('CREATE target');
    const mailbox = /^OK \[(MAILBOXID \(F[0-9a-f]{32}\))\]/.exec(client.tagged)?.[1];
    expect(await texts(client, 'STATUS target (MAILBOXID)')).toEqual([`* STATUS "target" (${mailbox})`]);
    await client.command('RENAME target renamed');
    expect(await texts(client, 'SELECT renamed')).toContain(`* OK [${mailbox}] the id stays when the name changes`);
    await client.command('SELECT INBOX');
    const idsOf = async (what: string): Promise<(string | undefined)[]> =>
      (await texts(client, what)).map((text) => /\((?:EMAILID|THREADID) \((\w+)\)\)/.exec(text)?.[1]);
    const [one, reply, other] = await idsOf('FETCH 1:3 (EMAILID)');
    expect(new Set([one, reply, other]).size).toBe(3);
    const [first, second, third] = await idsOf('FETCH 1:3 (THREADID)');
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    await client.command('COPY 1 renamed');
    await client.command('MOVE 3 renamed');
    expect(await texts(client, `SEARCH THREADID ${first}`)).toEqual(['* SEARCH 1 2']);
    await client.command('SELECT renamed');
    expect(await idsOf('FETCH 1:2 (EMAILID)')).toEqual([one, other]);
    expect(await texts(client, `SEARCH EMAILID ${other}`)).toEqual(['* SEARCH 2']);
    expect(await texts(client, 'SEARCH EMAILID Mnothing')).toEqual(['* SEARCH']);
    client.close();
  });
});

describe('COMPRESS (RFC 4978)', () => {
  it('compresses a connection in both directions, once, and disconnects a client that sends other data', async () => {
    await deliver('compress', 'one', 'two');
    const socket = connect({ port: stack.port('gateway', 'imaps'), host: '127.0.0.1', rejectUnauthorized: false });
    const waiting = { text: '' };
    const plain = (chunk: Buffer) => {
      waiting.text += chunk.toString('latin1');
    };
    socket.on('data', plain);
    const until = async (what: RegExp): Promise<string> => {
      for (let tries = 0; !what.test(waiting.text); tries++) {
        if (tries > 500) throw new Error(`nothing like ${what} in ${waiting.text}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const { text } = waiting;
      waiting.text = '';
      return text;
    };
    await until(/ready\r\n/);
    socket.write('a LOGIN compress@ext.test pass\r\n');
    expect(await until(/^a OK .*\r\n/m)).toContain('COMPRESS=DEFLATE');
    socket.write('b COMPRESS NONSENSE\r\n');
    await until(/^b BAD/m);
    socket.write('c COMPRESS DEFLATE\r\n');
    await until(/^c OK/m);
    socket.off('data', plain);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    const [inflate, deflate] = [createInflateRaw(), createDeflateRaw()];
    inflate.on('data', plain);
    socket.pipe(inflate);
    deflate.pipe(socket);
    const send = (line: string) => {
      deflate.write(`${line}\r\n`);
      deflate.flush(constants.Z_SYNC_FLUSH);
    };
    send('d COMPRESS DEFLATE');
    expect(await until(/^d /m)).toContain('[COMPRESSIONACTIVE]');
    send('e SELECT INBOX');
    await until(/^e OK/m);
    received = 0;
    for (let n = 0; n < 20; n++) send(`f${n} FETCH 1:2 (FLAGS ENVELOPE BODY.PEEK[])`);
    const answers = await until(/^f19 OK/m);
    expect(answers.match(/body of one/g)).toHaveLength(20);
    expect(received).toBeLessThan(answers.length / 4);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    deflate.unpipe(socket);
    socket.on('error', () => {});
    socket.write(Buffer.alloc(100, 0xff));
    await closed;
    inflate.destroy();
  });
});

describe('LIST (RFC 5258, RFC 5819, RFC 6154)', () => {
  it('selects names, and returns more data of each mailbox on request', async () => {
    const client = await open('list');
    for (const name of ['top', 'top/below', 'other']) await client.command(`CREATE ${name}`);
    for (const name of ['top', 'other']) await client.command(`UNSUBSCRIBE ${name}`);
    await client.command('SUBSCRIBE top/below');
    expect(await texts(client, 'LIST (SUBSCRIBED) "" (top other top/%)')).toEqual([
      '* LIST (\\HasNoChildren \\Subscribed) "/" "top/below"',
    ]);
    expect(await texts(client, 'LIST (SUBSCRIBED RECURSIVEMATCH) "" top')).toEqual([
      '* LIST (\\HasChildren) "/" "top" ("CHILDINFO" ("SUBSCRIBED"))',
    ]);
    expect(await texts(client, 'LIST (SPECIAL-USE) "" * RETURN (SUBSCRIBED)')).toContain(
      '* LIST (\\HasNoChildren \\Trash \\Subscribed) "/" "Deleted Items"',
    );
    expect(await texts(client, 'LIST "" (top other) RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))')).toEqual([
      '* LIST (\\HasChildren) "/" "top"',
      '* STATUS "top" (MESSAGES 0 UIDNEXT 1)',
      '* LIST (\\HasNoChildren) "/" "other"',
      '* STATUS "other" (MESSAGES 0 UIDNEXT 1)',
    ]);
    await expect(client.command('LIST (RECURSIVEMATCH) "" *')).rejects.toThrow('BAD');
    client.close();
  });
});

describe('QUOTA (RFC 9208)', () => {
  it('shows usage and limit, and does not let users set it', async () => {
    await deliver('quota', 'one');
    const client = await open('quota');
    const [root, quota] = await texts(client, 'GETQUOTAROOT INBOX');
    expect(root).toBe('* QUOTAROOT "INBOX" ""');
    expect(quota).toBe('* QUOTA "" (STORAGE 1 10240)');
    expect(await texts(client, 'GETQUOTA ""')).toEqual([quota]);
    await expect(client.command('GETQUOTA other')).rejects.toThrow('NO [NONEXISTENT]');
    await expect(client.command('SETQUOTA "" (STORAGE 1)')).rejects.toThrow('NO [NOPERM]');
    client.close();
  });
});
