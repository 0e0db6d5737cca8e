import { CompiledQuery, type LogEvent } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { appendMessages } from '../../shared/store/messages/append-messages.ts';
import { copyMessages } from '../../shared/store/messages/copy-messages.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { FLAG, NO_FLAGS } from '../../shared/store/messages/flags.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { moveMessages } from '../../shared/store/messages/move-messages.ts';
import { setMessageFlags } from '../../shared/store/messages/set-message-flags.ts';
import { finishSent } from '../../shared/store/outgoing/finish-sent.ts';
import { sendingFolders } from '../../shared/store/outgoing/outgoing-queue.ts';
import { purgeSoftDeleted } from '../../shared/store/upkeep/purge.ts';
import { deliverTo, folderOf, type Mailbox, openTestStore, problems, type TestStore } from '../support/test-store.ts';

// The order of locks (docs/decisions/0001-store-locking.md): stores alone, by their primary key, in the order of their ids.

const SECONDS = 5;
const SENDERS = 16;
const CLIENTS = 16;

const conflicts: string[] = [];
/** Each text with the values that it first came with. */
const statements = new Map<string, readonly unknown[]>();
let store: TestStore;
let mailboxes: Mailbox[];

function note(event: LogEvent): void {
  const code = event.level === 'error' ? (event.error as { code?: string }).code : undefined;
  if (code === 'ER_LOCK_DEADLOCK' || code === 'ER_LOCK_WAIT_TIMEOUT') conflicts.push(`${code} ${event.query.sql}`);
  // Statements of one packet are examined one by one.
  let before = 0;
  for (const text of event.query.sql.split(';\n')) {
    const count = text.split('?').length - 1;
    if (!statements.has(text)) statements.set(text, event.query.parameters.slice(before, before + count));
    before += count;
  }
}

beforeAll(async () => {
  store = await openTestStore({}, { poolSize: SENDERS + CLIENTS, log: note });
  mailboxes = [];
  for (let i = 0; i < 6; i++) mailboxes.push(await store.mailbox(`busy${i}@locks.test`));
  // Enough stores that the optimizer has something to choose from.
  for (let i = 0; i < 30; i++) await store.mailbox(`idle${i}@locks.test`);
});
afterAll(() => store.close());

const bytes = Buffer.from('Subject: busy\r\nFrom: a@locks.test\r\n\r\ntext\r\n');
const some = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;

/** A sender of its own, as another process is: nothing that it delivers shares a transaction with the others'. */
async function send(until: number): Promise<void> {
  const own = { ...store };
  while (performance.now() < until) {
    const to = mailboxes.filter(() => Math.random() < 0.4);
    if (to.length === 0) continue;
    const message = await prepareMessage(
      own,
      (to[0] as Mailbox).tenant,
      bytesSource(bytes),
      scanMessage(bytes),
      own.clock(),
    );
    const id = newGuid(own.clock());
    const targets = to.map((box) => ({ tenant: box.tenant, store: box.store, folder: box.inbox, id, hardQuota: 0 }));
    // Not in the order of their ids.
    await deliver(own, message, Math.random() < 0.5 ? targets : targets.toReversed());
  }
}

/** Does what an IMAP client does: flags, copies, moves, appends and expunges. */
async function use(until: number): Promise<void> {
  const own = { ...store };
  while (performance.now() < until) {
    const box = some(mailboxes);
    const other = await folderOf(own, box, 'junk');
    const uids = (await listStates(own.db, box, box.inbox)).slice(0, 20).map(({ uid }) => uid);
    const deleted = { flags: FLAG.DELETED, keywords: [] };
    const steps = [
      () => setMessageFlags(own, box, box.inbox, uids, { how: 'add', flags: FLAG.SEEN, keywords: [] }),
      () => copyMessages(own, box, box.inbox, uids.slice(0, 3), { ref: box, folder: other.id, hardQuota: 0 }),
      () => moveMessages(own, box, box.inbox, uids.slice(0, 3), other.id),
      () => setMessageFlags(own, box, box.inbox, uids.slice(0, 5), { how: 'add', ...deleted }),
      () => expungeMessages(own, box, box.inbox, uids),
      async () => {
        const message = await prepareMessage(own, box.tenant, bytesSource(bytes), scanMessage(bytes), own.clock());
        await appendMessages(own, { ref: box, folder: other.id, hardQuota: 0 }, [{ message, flags: NO_FLAGS }]);
      },
    ];
    await some(steps)();
  }
}

/** What runs beside them: the purge, and the spooler's end of messages that were sent from several mailboxes. */
async function keepHouse(until: number): Promise<void> {
  const own = { ...store };
  while (performance.now() < until) {
    await purgeSoftDeleted(own, own.clock() + 1, 50);
    const senders = mailboxes.filter(() => Math.random() < 0.5).toReversed();
    const sent = [];
    for (const box of senders) {
      const folders = (await sendingFolders(own.db, box.tenant, [box.store])).get(box.store);
      if (!folders) throw new Error('unreachable: a mailbox has an Outbox');
      const id = newGuid(own.clock());
      await deliverTo(own, [box], bytes, { id, folder: folders.outbox });
      sent.push({ message: { tenant: box.tenant, store: box.store, id }, from: folders.outbox, folders });
    }
    const [first] = mailboxes;
    if (first) await finishSent(own, first.tenant, sent);
  }
}

describe('locks of stores', () => {
  it('deliveries, IMAP clients, the purge and the spooler on the same mailboxes never meet in a deadlock', async () => {
    const until = performance.now() + SECONDS * 1000;
    await Promise.all([
      ...Array.from({ length: SENDERS }, () => send(until)),
      ...Array.from({ length: CLIENTS }, () => use(until)),
      keepHouse(until),
    ]);
    expect(conflicts).toEqual([]);
    expect(await problems(store)).toEqual([]);
  });

  it('every statement that locks or changes a store finds it by the primary key, and locks nothing else', async () => {
    const found = [...statements].filter(([text]) => /^update `stores`|^select .*`stores`.* for update/i.test(text));
    expect(found.length).toBeGreaterThan(5);
    for (const [text, values] of found) {
      const { rows } = await store.db.executeQuery(
        CompiledQuery.raw(`EXPLAIN FORMAT=TRADITIONAL ${text}`, [...values]) as CompiledQuery<{
          table: string;
          key: string | null;
        }>,
      );
      expect(
        rows.map((row) => [row.table, row.key]),
        text,
      ).toEqual([['stores', 'PRIMARY']]);
    }
  });

  it('every other statement that locks rows finds them by an index', async () => {
    const found = [...statements].filter(([text]) => / for update$/i.test(text.trim()) && !/`stores`/.test(text));
    for (const [text, values] of found) {
      const { rows } = await store.db.executeQuery(
        CompiledQuery.raw(`EXPLAIN FORMAT=TRADITIONAL ${text}`, [...values]) as CompiledQuery<{
          table: string | null;
          type: string | null;
          key: string | null;
        }>,
      );
      expect(
        rows.filter(({ type }) => type === 'ALL' || type === 'index'),
        text,
      ).toEqual([]);
    }
  });
});
