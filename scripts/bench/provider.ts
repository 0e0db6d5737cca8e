import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase, unguarded } from '../../shared/database/database.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { parseOptions } from '../../shared/platform/options.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { startSmtpSink } from '../clients/smtp-sink.ts';
import { SubmissionClient } from '../clients/submission-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../local/temporary.ts';
import type { Figures } from './figures.ts';

const DOMAIN = 'bench.test';
const CLIENTS = 8;
const DAY_MS = 86_400_000;

/** Mail out and the keeping of the house. */
export async function benchProvider(figures: Figures, quick: boolean): Promise<void> {
  const sink = await startSmtpSink();
  const stack = await startTemporaryStack({
    options: { smtp_server: '127.0.0.1', smtp_port: sink.port, softdelete_lifetime: 30 },
  });
  const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 10 });
  try {
    await stack.tenant(
      DOMAIN,
      Array.from({ length: CLIENTS }, (_, i) => `user${i}`),
    );
    const submissions = quick ? 800 : 3000;
    await submitAll(stack, 80);
    await arrivals(sink.messages, 80);
    const began = performance.now();
    await submitAll(stack, submissions);
    figures.rate('submissions answered, 8 connections', submissions, performance.now() - began, 'messages/s');
    await arrivals(sink.messages, 80 + submissions);
    const ended = Math.max(...sink.messages.map(({ at }) => at));
    figures.rate('submissions end to end, 8 connections', submissions, ended - began, 'messages/s', 200);

    await benchLookups(figures, db, quick ? 4000 : 20_000);

    const stores = quick ? 20_000 : 100_000;
    await makeStores(db, stores);
    let mark = performance.now();
    await stack.fire('QuotaMonitor');
    figures.time(`quota scan of ${stores} stores, 100 over a level`, performance.now() - mark, quick ? 20_000 : 60_000);

    const messages = quick ? 20_000 : 100_000;
    await makeDeletedMessages(db, messages);
    mark = performance.now();
    for (let left = messages; left > 0; ) {
      const { messages: purged } = (await stack.fire('SoftdeletePurge')) as { messages: number };
      left -= purged;
    }
    figures.rate(`purge of ${messages} messages`, messages, performance.now() - mark, 'messages/s', 2000);
  } finally {
    await db.destroy();
    await stack.stop();
    await sink.stop();
  }
}

async function submitAll(stack: TemporaryStack, count: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, i) => {
      const user = `user${i}@${DOMAIN}`;
      const client = await SubmissionClient.open(stack.port('submission', 'submissions'), user, 'pass');
      for (let n = next++; n < count; n = next++) {
        const code = await client.send(user, [`r${n}@out.test`], message(user, n));
        if (code !== 250) throw new Error(`a submission was answered ${code}`);
      }
      client.close();
    }),
  );
}

const message = (from: string, n: number): Buffer =>
  Buffer.from(
    `From: ${from}\r\nTo: r${n}@out.test\r\nSubject: message ${n}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${n}@${DOMAIN}>\r\n\r\n${'text '.repeat(760)}\r\n`,
  );

async function arrivals(messages: readonly unknown[], count: number): Promise<void> {
  for (let tries = 0; messages.length < count; tries++) {
    if (tries > 1200) throw new Error(`${messages.length} of ${count} messages arrived`);
    await sleep(50);
  }
}

async function benchLookups(figures: Figures, db: Database, count: number): Promise<void> {
  const directory = dbSource(db, parseOptions({}));
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = next++; n < count; n = next++) {
        const [mailboxes] = await directory.resolve([`user${n % CLIENTS}@${DOMAIN}`]);
        if (mailboxes?.length !== 1) throw new Error('a user was not found');
      }
    }),
  );
  figures.rate('user lookups by address, 8 at a time', count, performance.now() - began, 'lookups/s');
}

const tenantOf = (db: Database) =>
  db.selectFrom('tenants').select('id').where('name', '=', DOMAIN).executeTakeFirstOrThrow();

/** Users with stores of 1 MB and a quota level of 2 MB; a hundred of them exceed it. Only rows are made: these stores are not opened. */
async function makeStores(db: Database, count: number): Promise<void> {
  const { id: tenant } = await tenantOf(db);
  const now = Date.now();
  const { inbox_folder_id: inbox } = await db
    .selectFrom('stores')
    .select('inbox_folder_id')
    .where('tenant_id', '=', tenant)
    .where('inbox_folder_id', 'is not', null)
    .executeTakeFirstOrThrow();
  const over = count / 100;
  for (let i = 0; i < count; i += 1000) {
    const users = Array.from({ length: 1000 }, (_, k) => ({
      tenant_id: tenant,
      guid: newGuid(now),
      login: `s${i + k}@${DOMAIN}`,
      full_name: `Store ${i + k}`,
      email: `s${i + k}@${DOMAIN}`,
      password_hash: '',
      active: 1,
      features_on: '',
      features_off: '',
      quota_override: 1,
      quota_warn: 2 ** 21,
      quota_soft: 0,
      quota_hard: 0,
      created_at: now,
    }));
    const inserted = await db.insertInto('users').values(users).executeTakeFirstOrThrow();
    const first = Number(inserted.insertId);
    await unguarded(db)
      .insertInto('stores')
      .values(
        users.map((_, k) => ({
          tenant_id: tenant,
          user_id: first + k,
          guid: newGuid(now),
          size: (i + k) % over === 0 ? 2 ** 22 : 2 ** 20,
          inbox_folder_id: inbox,
          locale: 'en_US',
          created_at: now,
        })),
      )
      .execute();
  }
}

/** Messages in two hundred folders that were deleted long ago. */
async function makeDeletedMessages(db: Database, count: number): Promise<void> {
  const { id: tenant } = await tenantOf(db);
  const stores = await db
    .selectFrom('stores')
    .select(['id', 'inbox_folder_id'])
    .where('tenant_id', '=', tenant)
    .where('inbox_folder_id', 'is not', null)
    .orderBy('id')
    .limit(200)
    .execute();
  const deletedAt = Date.now() - 40 * DAY_MS;
  const content = Buffer.alloc(3000, 'x');
  content.set([1, 1, 0, 0, 0, 0, 0xae, 0x0b, 0, 0], 0);
  for (let i = 0; i < count; i += 1000) {
    const rows = Array.from({ length: 1000 }, (_, k) => {
      const store = stores[(i + k) % stores.length];
      return {
        store_id: store?.id ?? 0,
        folder_id: store?.inbox_folder_id ?? 0,
        id: newGuid(deletedAt),
        uid: 1_000_000 + i + k,
      };
    });
    await unguarded(db)
      .insertInto('messages')
      .values(
        rows.map((row, k) => ({
          ...row,
          arrival_uid: row.uid,
          deleted: 1,
          tenant_id: tenant,
          modseq: 1,
          flags: 0,
          keywords: '',
          received_at: deletedAt,
          saved_at: deletedAt,
          sent_at: null,
          size: 2990,
          message_class: 'IPM.Note',
          subject: `message ${i + k}`,
          sender_name: 'Sender',
          sender_address: 'sender@out.test',
          display_to: 'Recipient',
          importance: 1,
          has_attachments: 0,
          conversation_id: row.id,
          imap_envelope: Buffer.alloc(300, 'e'),
          imap_body_structure: Buffer.alloc(200, 'b'),
          deleted_at: deletedAt + i + k,
        })),
      )
      .execute();
    await unguarded(db)
      .insertInto('message_contents')
      .values(
        rows.map(({ store_id, id }) => ({
          store_id,
          id,
          tenant_id: tenant,
          properties: Buffer.alloc(500, 'p'),
          mime: content,
          parts: '[]',
        })),
      )
      .execute();
  }
  await unguarded(db)
    .updateTable('folders')
    .set({ deleted_count: count })
    .where('tenant_id', '=', tenant)
    .where(
      'id',
      'in',
      stores.map((store) => store.inbox_folder_id ?? 0),
    )
    .execute();
}
