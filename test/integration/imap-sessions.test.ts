import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { unguarded } from '../../shared/database/database.ts';
import { listFolders } from '../../shared/store/folders/folder.ts';
import { FolderIndexes } from '../../shared/store/messages/folder-index.ts';
import { countRecent } from '../../shared/store/messages/recent-uid.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ImapDialogue } from '../support/imap-dialogue.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

// Untagged responses to sessions, on two gateways that share only the database.

let store: TestStore;
let gateways: TestGateway[];
const open: ImapDialogue[] = [];

beforeAll(async () => {
  store = await openTestStore();
  gateways = [
    await startTestGateway(store),
    await startTestGateway(store, { indexes: new FolderIndexes(store.db, 0) }),
  ];
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(async () => {
  for (const gateway of gateways) gateway.close();
  await store.close();
});

async function session(mailbox: Mailbox, gateway = 0): Promise<ImapDialogue> {
  const client = await ImapDialogue.open(gateways[gateway]?.port ?? 0, mailbox.login);
  open.push(client);
  return client;
}

const bring = async (mailbox: Mailbox, ...subjects: string[]): Promise<void> => {
  for (const subject of subjects) await deliverTo(store, [mailbox], `Subject: ${subject}\r\n\r\ntext\r\n`);
};

const recentOf = (lines: readonly string[]): number =>
  Number(lines.find((line) => line.endsWith(' RECENT'))?.split(' ')[1]);

describe('\\Recent (RFC 3501 §2.3.2)', () => {
  it('is set for the session that sees a message first, at SELECT and after it, and for no other', async () => {
    const mailbox = await store.mailbox('first@recent.test');
    await bring(mailbox, 'one', 'two');
    const [a, b] = [await session(mailbox), await session(mailbox, 1)];
    expect(await a.run('STATUS INBOX (RECENT)')).toEqual(['* STATUS "INBOX" (RECENT 2)']);
    expect(recentOf(await a.run('SELECT INBOX'))).toBe(2);
    expect(recentOf(await b.run('SELECT INBOX'))).toBe(0);
    expect(await a.run('FETCH 1 FLAGS')).toEqual(['* 1 FETCH (FLAGS (\\Recent))']);
    expect(await b.run('FETCH 1 FLAGS')).toEqual(['* 1 FETCH (FLAGS ())']);
    await bring(mailbox, 'three');
    expect(await b.run('NOOP')).toEqual(['* 3 EXISTS', '* 1 RECENT']);
    expect(await a.run('NOOP')).toEqual(['* 3 EXISTS', '* 2 RECENT']);
    expect(await b.run('FETCH 1:3 FLAGS')).toEqual([
      '* 1 FETCH (FLAGS ())',
      '* 2 FETCH (FLAGS ())',
      '* 3 FETCH (FLAGS (\\Recent))',
    ]);
    expect(await a.run('STORE 1 +FLAGS (\\Seen)')).toEqual(['* 1 FETCH (FLAGS (\\Seen \\Recent))']);
    expect(await b.run('NOOP')).toEqual(['* 1 FETCH (UID 1 FLAGS (\\Seen))']);
    expect(await a.run('SEARCH RECENT')).toEqual(['* SEARCH 1 2']);
    expect(await a.run('SEARCH NEW')).toEqual(['* SEARCH 2']);
    expect(await a.run('SEARCH OLD')).toEqual(['* SEARCH 3']);
    expect(await a.run('STATUS INBOX (RECENT)')).toEqual(['* STATUS "INBOX" (RECENT 2)']);
    // A later session sees none of them as recent.
    expect(recentOf(await (await session(mailbox)).run('SELECT INBOX'))).toBe(0);
  });

  it('is not claimed by EXAMINE, nor by IMAP4rev2 sessions', async () => {
    const mailbox = await store.mailbox('reads@recent.test');
    await bring(mailbox, 'one');
    const [reader, modern, first] = [await session(mailbox), await session(mailbox), await session(mailbox, 1)];
    expect(recentOf(await reader.run('EXAMINE INBOX'))).toBe(1);
    expect(await reader.run('FETCH 1 FLAGS')).toEqual(['* 1 FETCH (FLAGS (\\Recent))']);
    await modern.run('ENABLE IMAP4rev2');
    expect((await modern.run('SELECT INBOX')).join('\n')).not.toContain('RECENT');
    expect(await modern.run('FETCH 1 FLAGS')).toEqual(['* 1 FETCH (FLAGS ())']);
    expect(await modern.run('SEARCH RECENT')).toEqual([expect.not.stringContaining('ALL')]);
    expect(recentOf(await first.run('SELECT INBOX'))).toBe(1);
  });

  it('is set for one of many sessions on several gateways that see a message at the same time', async () => {
    const mailbox = await store.mailbox('many@recent.test');
    const sessions = await Promise.all([0, 1, 0, 1, 0, 1].map((gateway) => session(mailbox, gateway)));
    for (const each of sessions) await each.run('SELECT INBOX');
    for (let i = 0; i < 5; i++) {
      await bring(mailbox, 'a', 'b');
      await Promise.all(sessions.map((each) => each.run('NOOP')));
    }
    const found = await Promise.all(sessions.map((each) => each.run('SEARCH RECENT')));
    const numbers = found.flatMap((lines) => lines[0]?.split(' ').slice(2).map(Number) ?? []).sort((x, y) => x - y);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is not set for messages from before the recent uid was stored', async () => {
    const mailbox = await store.mailbox('before@recent.test');
    await bring(mailbox, 'old');
    await unguarded(store.db)
      .updateTable('folders')
      .set({ recent_uid: null })
      .where('id', '=', mailbox.inbox)
      .execute();
    const client = await session(mailbox);
    expect(await client.run('STATUS INBOX (RECENT)')).toEqual(['* STATUS "INBOX" (RECENT 0)']);
    expect(recentOf(await client.run('SELECT INBOX'))).toBe(0);
    await bring(mailbox, 'new');
    expect(await client.run('NOOP')).toEqual(['* 2 EXISTS', '* 1 RECENT']);
    const [inbox] = (await listFolders(store.db, mailbox)).filter(({ id }) => id === mailbox.inbox);
    expect(await countRecent(store.db, mailbox, mailbox.inbox, inbox?.recentUid ?? -1)).toBe(0);
  });
});

describe('a session', () => {
  it('survives any number of syntax errors, but not ten in a row', async () => {
    const client = await session(await store.mailbox('bads@session.test'));
    for (let i = 0; i < 30; i++) {
      for (let k = 0; k < 9; k++) {
        await client.run('NONSENSE');
        expect(client.tagged).toMatch(/^BAD/);
      }
      await client.run(i % 2 === 0 ? 'NOOP' : 'SELECT Nowhere');
      expect(client.tagged).toMatch(/^(OK|NO)/);
    }
    for (let k = 0; k < 10; k++) await client.run('NONSENSE');
    expect(await client.line()).toMatch(/^\* BYE/);
  });

  it('gets HIGHESTMODSEQ with the first command that enables CONDSTORE, and only then (RFC 7162 §3.1)', async () => {
    const mailbox = await store.mailbox('modseq@session.test');
    await bring(mailbox, 'one');
    for (const command of [
      'ENABLE CONDSTORE',
      'STATUS INBOX (HIGHESTMODSEQ)',
      'FETCH 1 (MODSEQ)',
      'FETCH 1 (FLAGS) (CHANGEDSINCE 1)',
      'SEARCH MODSEQ 1',
      'STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)',
    ]) {
      const client = await session(mailbox);
      await client.run('SELECT INBOX');
      const told = (await client.run(command)).filter((line) => /^\* OK \[HIGHESTMODSEQ \d+\]/.test(line));
      expect(`${command}: ${told.length}`).toBe(`${command}: 1`);
      expect((await client.run(command)).join('\n')).not.toContain('OK [HIGHESTMODSEQ');
    }
    const late = await session(mailbox);
    await late.run('SELECT INBOX');
    // A command with a syntax error enables nothing.
    await late.run('SELECT INBOX (CONDSTORE) more');
    expect(late.tagged).toMatch(/^BAD/);
    await late.run('STORE 1 (UNCHANGEDSINCE 1) FLAGS');
    expect(await late.run('STORE 1 FLAGS (\\Flagged)')).toEqual(['* 1 FETCH (FLAGS (\\Flagged))']);
  });

  it('gets CLOSED when it selects another mailbox, or one that does not exist (RFC 7162 §3.2.11)', async () => {
    const client = await session(await store.mailbox('closed@session.test'));
    expect((await client.run('SELECT INBOX')).join('\n')).not.toContain('CLOSED');
    expect((await client.run('EXAMINE INBOX'))[0]).toMatch(/^\* OK \[CLOSED\]/);
    expect(await client.run('SELECT Nowhere')).toEqual([expect.stringMatching(/^\* OK \[CLOSED\]/)]);
    await client.run('FETCH 1 FLAGS');
    expect(client.tagged).toMatch(/^BAD/);
  });

  it('gets new keywords in FLAGS before a message has them, whichever session has set them', async () => {
    const mailbox = await store.mailbox('keywords@session.test');
    await bring(mailbox, 'one', 'two');
    const [a, b] = [await session(mailbox), await session(mailbox, 1)];
    await a.run('SELECT INBOX');
    await b.run('EXAMINE INBOX');
    const system = '\\Seen \\Answered \\Flagged \\Deleted \\Draft';
    expect(await a.run('STORE 1 +FLAGS ($Label1)')).toEqual([
      `* FLAGS (${system} $Label1)`,
      expect.stringMatching(/^\* OK \[PERMANENTFLAGS \(.* \$Label1 \\\*\)\]/),
      '* 1 FETCH (FLAGS (\\Recent $Label1))',
    ]);
    expect(await a.run('STORE 2 +FLAGS ($Label1)')).toEqual(['* 2 FETCH (FLAGS (\\Recent $Label1))']);
    expect((await b.run('FETCH 1:2 FLAGS')).slice(0, 4)).toEqual([
      `* FLAGS (${system} $Label1)`,
      expect.stringMatching(/^\* OK \[PERMANENTFLAGS \(\)\]/),
      expect.stringContaining('$Label1'),
      expect.stringContaining('$Label1'),
    ]);
    const comes = await a.run('APPEND INBOX (other) {16+}\r\nSubject: x\r\n\r\nyy');
    expect(comes).toEqual([
      '* 3 EXISTS',
      '* 3 RECENT',
      `* FLAGS (${system} $Label1 other)`,
      expect.stringMatching(/^\* OK \[PERMANENTFLAGS/),
    ]);
  });

  it('gets at CLOSE the modseq up to which it knows every change, without changes that others made in the meantime (RFC 7162 §3.2.8)', async () => {
    const mailbox = await store.mailbox('close@session.test');
    await bring(mailbox, 'one', 'two', 'three');
    const [a, b] = [await session(mailbox), await session(mailbox, 1)];
    const modseqOf = (text: string) => Number(/HIGHESTMODSEQ (\d+)/.exec(text)?.[1]);
    for (const client of [a, b]) await client.run('ENABLE QRESYNC');
    await a.run('SELECT INBOX');
    await b.run('SELECT INBOX');
    await a.run('STORE 1 +FLAGS.SILENT (\\Deleted)');
    const before = modseqOf((await a.run('STATUS INBOX (HIGHESTMODSEQ)')).join(''));
    await a.run('CLOSE');
    expect(modseqOf(a.tagged)).toBe(before + 1);
    await a.run('SELECT INBOX');
    await b.run('UID STORE 2 +FLAGS.SILENT (\\Deleted)');
    await b.run('EXPUNGE');
    await a.run('CLOSE');
    expect(modseqOf(a.tagged)).toBe(before + 1);
  });

  it('has no NUL in a literal, and all bytes in a literal8', async () => {
    const mailbox = await store.mailbox('nul@session.test');
    await deliverTo(store, [mailbox], 'Subject: a\0b\r\nFrom: x\0y <z@nul.test>\r\n\r\none\0two\r\n');
    const client = await session(mailbox);
    await client.run('SELECT INBOX');
    const told = await client.run(
      'FETCH 1 (ENVELOPE BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)] PREVIEW)',
    );
    expect(told.join('\r\n')).not.toContain('\0');
    expect(told.join('\r\n')).toContain('one\x80two');
    expect((await client.run('FETCH 1 BINARY.PEEK[]')).join('\r\n')).toContain('one\0two');
    await client.run('SETMETADATA INBOX (/private/comment ~{3+}\r\na\0b)');
    expect(await client.run('GETMETADATA INBOX /private/comment')).toEqual([
      '* METADATA "INBOX" ("/private/comment" ~{3}',
      'a\0b)',
    ]);
    for (const command of ['SELECT "a\0b"', 'SELECT {3+}\r\na\0b', 'SEARCH SUBJECT "a\0b"']) {
      await client.run(command);
      expect(client.tagged).toMatch(/^BAD/);
    }
  });

  it('finds addresses through comments in them', async () => {
    const mailbox = await store.mailbox('comments@session.test');
    await deliverTo(
      store,
      [mailbox],
      'From: joe(the boss)@(of) example.org\r\nTo: "Ann \\"A\\"" <ann @ example.org>\r\n\r\n',
    );
    const client = await session(mailbox);
    await client.run('SELECT INBOX');
    for (const key of ['FROM joe@example.org', 'FROM "the boss"', 'TO ann@example.org', 'TEXT joe'])
      expect(`${key}: ${await client.run(`SEARCH ${key}`)}`).toBe(`${key}: * SEARCH 1`);
    expect(await client.run('SEARCH FROM bert@example.org')).toEqual(['* SEARCH']);
  });
});

describe('while the database is unreachable', () => {
  /** A session on a gateway of its own, and a function that makes its next read of changes fail. */
  async function failing(login: string) {
    const mailbox = await store.mailbox(login);
    const indexes = new FolderIndexes(store.db);
    const gateway = await startTestGateway(store, { indexes });
    gateways.push(gateway);
    const client = await ImapDialogue.open(gateway.port, login);
    open.push(client);
    await client.run('SELECT INBOX');
    return { mailbox, client, index: await indexes.open(mailbox, mailbox.inbox, 1) };
  }

  it('a command fails, and the next one sends all changes', async () => {
    const { mailbox, client, index } = await failing('claim@away.test');
    const claim = index.recent.claim.bind(index.recent);
    index.recent.claim = async (upTo) => {
      index.recent.claim = claim;
      throw new Error(`the connection was lost before ${upTo}`);
    };
    await bring(mailbox, 'one');
    expect(await client.run('NOOP')).toEqual([]);
    expect(client.tagged).toMatch(/^NO/);
    expect(await client.run('NOOP')).toEqual(['* 1 EXISTS', '* 1 RECENT']);
  });

  it('IDLE goes on, and sends the changes afterwards', async () => {
    const { mailbox, client, index } = await failing('idle@away.test');
    const refresh = index.refresh.bind(index);
    index.refresh = async () => {
      index.refresh = refresh;
      throw new Error('the connection was lost');
    };
    await bring(mailbox, 'one');
    client.connection.write('i IDLE\r\n');
    expect(await client.line()).toBe('+ idling');
    expect(await client.line()).toBe('* 1 EXISTS');
    client.connection.write('DONE\r\n');
    expect(await client.line()).toBe('* 1 RECENT');
    expect(await client.line()).toMatch(/^i OK/);
  });
});

describe('SELECT with QRESYNC', () => {
  it('never reports one message both as existing and as vanished, while others expunge', async () => {
    const mailbox = await store.mailbox('one@state.test');
    await bring(mailbox, ...Array.from({ length: 60 }, (_, i) => `m${i}`));
    const [looks, works] = [await session(mailbox), await session(mailbox, 1)];
    await looks.run('ENABLE QRESYNC');
    await works.run('SELECT INBOX');
    const validity = /UIDVALIDITY (\d+)/.exec((await looks.run('EXAMINE INBOX')).join(' '))?.[1];
    let working = true;
    const work = (async () => {
      for (let uid = 1; uid <= 60; uid++) {
        await works.run(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`);
        await works.run(`UID EXPUNGE ${uid}`);
      }
      working = false;
    })();
    const contradictions: string[] = [];
    while (working) {
      const lines = await looks.run(`SELECT INBOX (QRESYNC (${validity} 1))`);
      const exists = Number(/\* (\d+) EXISTS/.exec(lines.join('\n'))?.[1]);
      const vanished = uidsOf(lines.find((line) => line.startsWith('* VANISHED (EARLIER)'))?.split(' ')[3] ?? '');
      const there = lines.flatMap((line) => Number(/FETCH \(UID (\d+)/.exec(line)?.[1] ?? 0) || []);
      if (there.some((uid) => vanished.has(uid)) || vanished.size + exists !== 60)
        contradictions.push(lines.join('\n'));
    }
    await work;
    expect(contradictions).toEqual([]);
  }, 60_000);
});

function uidsOf(set: string): Set<number> {
  const uids = new Set<number>();
  for (const range of set.split(',').filter((each) => each !== '')) {
    const [from = 0, to = from] = range.split(':').map(Number);
    for (let uid = from; uid <= to; uid++) uids.add(uid);
  }
  return uids;
}
