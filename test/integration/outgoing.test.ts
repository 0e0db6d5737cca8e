import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unguarded } from '../../shared/database/database.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { addSendAs } from '../../shared/directory/entries/send-as.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { setTenantState } from '../../shared/directory/tenants/tenants.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { collect } from '../../shared/platform/collect.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { type MessageId, newGuid, type TenantId } from '../../shared/store/engine/ids.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { openContentsById } from '../../shared/store/messages/message-content.ts';
import { messagesByIds } from '../../shared/store/messages/message-facts.ts';
import { afterCrash, deleteOutgoing, listOutgoing, retryOutgoing } from '../../shared/store/outgoing/outgoing-admin.ts';
import { claimOutgoing, type DueMessage, submissionKey } from '../../shared/store/outgoing/outgoing-queue.ts';
import { listDeletedMessages } from '../../shared/store/trees/deleted-items.ts';
import {
  type CheckedEnvelope,
  checkOutgoing,
  maySendFrom,
  type OutgoingEnvelope,
} from '../../shared/submission/check-outgoing.ts';
import { enqueueDue } from '../../shared/submission/enqueue-due.ts';
import { sendOutgoing } from '../../shared/submission/send-outgoing.ts';
import type { SpoolerContext } from '../../shared/submission/spooler-context.ts';
import { submitMessage, submitSaved } from '../../shared/submission/submit-message.ts';
import { sweepOutgoing } from '../../shared/submission/sweep.ts';
import type { TransportResult } from '../../shared/submission/transport.ts';
import {
  allUids,
  deliverTo,
  folderOf,
  type Mailbox,
  openTestStore,
  problems,
  readFolder,
  type TestStore,
} from '../support/test-store.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let store: TestStore;
let anna: Mailbox;

/** The relay's reply for each recipient; it accepts the others. */
let answers: Record<string, Pick<TransportResult, 'outcome' | 'reply'>>;
let transmitted: { sender: string; recipients: readonly string[]; bytes: Buffer }[];
let told: DueMessage[];
let kept: Map<string, ReadonlySet<string>>;
let context: SpoolerContext;

const EMPTY_ID = Buffer.alloc(0);
const key = submissionKey;

beforeAll(async () => {
  store = await openTestStore({ queue_window: 5, queue_lifetime: 2 });
});
afterAll(() => store.close());

let number = 0;
beforeEach(async () => {
  anna = await store.mailbox(`anna@spool${++number}.test`);
  answers = {};
  transmitted = [];
  told = [];
  kept = new Map();
  context = {
    store,
    hostname: 'mail.test',
    log: silentLog,
    localDelivery: undefined,
    queue: {
      async send(messages) {
        told.push(...messages);
        return [];
      },
    },
    sentRecipients: {
      async read(messages) {
        return new Map(messages.map((message) => [message, kept.get(key(message)) ?? new Set()]));
      },
      async write(sent) {
        for (const [message, addresses] of sent) kept.set(key(message), new Set(addresses));
      },
    },
    transport: {
      async send({ sender, recipients }, open) {
        transmitted.push({ sender, recipients, bytes: await collect(open() as AsyncIterable<Buffer>) });
        return recipients.map((address) => ({
          address,
          ...(answers[address] ?? { outcome: 'sent', reply: '250 ok' }),
        }));
      },
      close() {},
    },
  };
});

async function submit(recipients: string[], options: { sendAt?: number; subject?: string } = {}): Promise<MessageId> {
  const bytes = Buffer.from(
    `From: ${anna.login}\r\nTo: x\r\nBcc: hidden@x.test\r\nMessage-ID: <${options.subject ?? 'm'}@test>\r\nSubject: ${options.subject ?? 'hello'}\r\n\r\ntext\r\n`,
  );
  return submitBytes(bytes, { sender: anna.login, recipients }, options.sendAt);
}

/** Past the gate: the envelope counts as checked. */
async function submitBytes(bytes: Buffer, envelope: OutgoingEnvelope, sendAt = store.clock()): Promise<MessageId> {
  const sender = await dbSource(store.db, store.options).sender(anna);
  if (!sender) throw new Error('no sender');
  const [source, root] = [bytesSource(bytes), scanMessage(bytes)];
  return submitMessage(store, {
    account: { ...anna, fullName: '', hardQuota: 0, version: { account: 1, tenant: 1 }, features: new Set() },
    sender,
    envelope: envelope as CheckedEnvelope,
    source,
    root,
    sendAt,
  });
}

/** Feeds the queue and lets the spooler have all that is due, ten at a time; SQS keeps the rest until its time. */
async function spool(): Promise<void> {
  await enqueueDue(store, context.queue, anna.tenant);
  for (;;) {
    const due = told.filter(({ dueAt }) => dueAt <= store.clock()).slice(0, 10);
    if (due.length === 0) return;
    told = told.filter((message) => !due.includes(message));
    await sendOutgoing(context, due);
  }
}

const queue = () => listOutgoing(store.db, anna.tenant, EMPTY_ID, 100);
const inFolder = async (role: 'outbox' | 'sent' | 'inbox') =>
  readFolder(store, anna, (await folderOf(store, anna, role)).id);
const textOf = (message: Buffer | undefined) =>
  Buffer.from(/base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(message?.toString() ?? '')?.[1] ?? '', 'base64').toString();

describe('a message that was submitted', () => {
  it('is in the Outbox with its row, goes out without its blind copies, and moves to Sent Items', async () => {
    await submit(['a@out.test', 'hidden@x.test']);
    expect(await inFolder('outbox')).toHaveLength(1);
    expect(await queue()).toMatchObject([{ sender: anna.login, subject: 'hello', tries: 0, held: false }]);
    await spool();
    expect(transmitted).toMatchObject([{ sender: anna.login, recipients: ['a@out.test', 'hidden@x.test'] }]);
    expect(transmitted[0]?.bytes.toString()).toMatch(/^Received: by mail\.test with ESMTPSA id [0-9a-f]{32};/);
    expect(transmitted[0]?.bytes.toString()).not.toMatch(/^Bcc:/m);
    expect(await queue()).toEqual([]);
    expect(await inFolder('outbox')).toEqual([]);
    const [sent] = await inFolder('sent');
    expect(sent?.toString()).toContain('Bcc: hidden@x.test');
    expect(await problems(store)).toEqual([]);
  });

  it('is retried after growing pauses, only for recipients who have not received it', async () => {
    answers = { 'slow@out.test': { outcome: 'later', reply: '451 4.7.1 greylisted' } };
    await submit(['a@out.test', 'slow@out.test']);
    await spool();
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const [row] = await queue();
      waits.push((row?.nextTryAt ?? 0) - store.clock());
      store.time.now = row?.nextTryAt ?? 0;
      await spool();
    }
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(0.9 * MINUTE * 2 ** i);
      expect(wait).toBeLessThanOrEqual(1.1 * MINUTE * 2 ** i);
    }
    expect(transmitted.map(({ recipients }) => recipients)).toEqual([
      ['a@out.test', 'slow@out.test'],
      ...Array.from({ length: 4 }, () => ['slow@out.test']),
    ]);
    expect(await queue()).toMatchObject([{ tries: 5, lastError: '451 4.7.1 greylisted' }]);
    answers = {};
    store.time.now += 60 * MINUTE;
    await spool();
    expect(await queue()).toEqual([]);
    expect(await inFolder('sent')).toHaveLength(1);
  });

  it('is not sent when its bytes differ from the checked ones, and its sender gets a bounce', async () => {
    const id = await submit(['a@out.test'], { subject: 'mine' });
    await unguarded(store.db)
      .updateTable('messages')
      .set({ email_id: Buffer.alloc(16, 7) })
      .where('tenant_id', '=', anna.tenant)
      .where('store_id', '=', anna.store)
      .where('id', '=', id)
      .execute();
    await spool();
    expect(transmitted).toEqual([]);
    expect(await queue()).toEqual([]);
    expect(textOf((await inFolder('inbox'))[0])).toContain('was changed after it was submitted');
  });

  it('that the version before has queued is checked when it is sent', async () => {
    const unchecked = (from: string) => {
      const bytes = Buffer.from(`From: ${from}\r\nSubject: old\r\n\r\ntext\r\n`);
      const envelope = { sender: anna.login, recipients: ['a@out.test'] };
      return submitBytes(bytes, envelope);
    };
    await unchecked('admin@elsewhere.test');
    await unchecked(anna.login);
    await store.db
      .updateTable('outgoing_queue')
      .set({ bytes_id: null, folder_id: null })
      .where('tenant_id', '=', anna.tenant)
      .execute();
    await spool();
    expect(transmitted.map(({ bytes }) => bytes.toString().match(/^From: .*$/m)?.[0])).toEqual([`From: ${anna.login}`]);
    expect(textOf((await inFolder('inbox'))[0])).toContain('<admin@elsewhere.test> in From is no address of yours');
  });

  it('in another folder than the Outbox is sent from there, and moves to Sent Items', async () => {
    const drafts = (await folderOf(store, anna, 'drafts')).id;
    const bytes = `From: ${anna.login}\r\nSubject: from drafts\r\n\r\ntext\r\n`;
    const id = newGuid(store.clock());
    await deliverTo(store, [anna], bytes, { id, folder: drafts });
    const [facts] = await messagesByIds(store.db, anna, [id]);
    const open = facts && (await openContentsById(store, anna.tenant, [facts])).get(facts);
    const sender = await dbSource(store.db, store.options).sender(anna);
    if (!facts || !open || !sender) throw new Error('no message');
    const envelope = { sender: anna.login, recipients: ['a@out.test'] };
    await submitSaved(store, facts, open(), await checkOutgoing(envelope, sender, open(), 1024));
    await expect(
      submitSaved(store, facts, open(), await checkOutgoing(envelope, sender, open(), 1024)),
    ).rejects.toThrow('in the outgoing queue');
    await spool();
    expect(transmitted).toMatchObject([{ recipients: ['a@out.test'] }]);
    expect(await readFolder(store, anna, drafts)).toEqual([]);
    expect(await inFolder('sent')).toHaveLength(1);
    expect(await problems(store)).toEqual([]);
  });

  it('is reported to a sender whose address has anything in it without a field of its own', async () => {
    answers = { 'no@out.test': { outcome: 'failed', reply: '550 5.1.1 no\r\nBcc: y@out.test' } };
    const id = await submit(['no@out.test'], { subject: 'bounce' });
    await store.db
      .updateTable('outgoing_queue')
      .set({ sender: 'anna+\r\nX-Injected: 1\r\n@spool.test', subject: 'x\r\nX-Injected: 2' })
      .where('tenant_id', '=', anna.tenant)
      .where('id', '=', id)
      .execute();
    await spool();
    const [report] = await inFolder('inbox');
    expect(report?.toString()).toMatch(/^From: Mail Delivery System/);
    expect(report?.toString()).not.toMatch(/^(X-Injected|Bcc: y)/m);
  });

  it('again after it was sent is another submission, and goes out again', async () => {
    const id = await submit(['a@out.test'], { subject: 'twice' });
    await spool();
    store.time.now += 1000;
    const [facts] = await messagesByIds(store.db, anna, [id]);
    const open = facts && (await openContentsById(store, anna.tenant, [facts])).get(facts);
    const sender = await dbSource(store.db, store.options).sender(anna);
    if (!facts || !open || !sender) throw new Error('no message');
    const envelope = { sender: anna.login, recipients: ['a@out.test'] };
    await submitSaved(store, facts, open(), await checkOutgoing(envelope, sender, open(), 1024));
    await spool();
    expect(transmitted.map(({ recipients }) => recipients)).toEqual([['a@out.test'], ['a@out.test']]);
  });

  it('that some recipients refuse brings a report for them alone, and is in Sent Items', async () => {
    answers = { 'no@out.test': { outcome: 'failed', reply: '550 5.1.1 no such person' } };
    await submit(['yes@out.test', 'no@out.test'], { subject: 'partly' });
    await spool();
    const [report] = await inFolder('inbox');
    expect(report?.toString()).toMatch(/^From: Mail Delivery System <mailer-daemon@mail\.test>\r\n/);
    expect(report?.toString()).toContain('Content-Type: multipart/report; report-type=delivery-status;');
    expect(report?.toString()).toContain(
      'Final-Recipient: rfc822; no@out.test\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such person',
    );
    expect(report?.toString()).not.toContain('Final-Recipient: rfc822; yes@out.test');
    expect(report?.toString()).toContain('References: <partly@test>');
    expect(textOf(report)).toContain('550 5.1.1 no such person');
    expect(await inFolder('sent')).toHaveLength(1);
    expect(await problems(store)).toEqual([]);
  });

  it('that is refused for every recipient stays in the Outbox, leaves the queue, and gets one report', async () => {
    answers = { 'no@out.test': { outcome: 'failed', reply: '550 5.1.1 no such person' } };
    await submit(['no@out.test']);
    await spool();
    expect([await queue(), await inFolder('sent')]).toEqual([[], []]);
    expect([await inFolder('outbox'), await inFolder('inbox')].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('goes back to its sender once its time is over, with the last answer', async () => {
    answers = { 'slow@out.test': { outcome: 'later', reply: '451 4.7.1 greylisted' } };
    await submit(['slow@out.test']);
    await spool();
    store.time.now += 2 * DAY + 1;
    await spool();
    expect(await queue()).toEqual([]);
    const [report] = await inFolder('inbox');
    expect(textOf(report)).toContain(
      '554 5.4.7 given up after 2 days and 1 tries; the last answer was: 451 4.7.1 greylisted',
    );
  });

  it('is sent when its time has come, and not before', async () => {
    await submit(['a@out.test'], { sendAt: store.clock() + 40 * MINUTE });
    await spool();
    expect(transmitted).toEqual([]);
    store.time.now += 39 * MINUTE;
    await enqueueDue(store, context.queue, anna.tenant);
    // A minute ahead the message is enqueued, with SQS's delay to the second.
    expect(told).toMatchObject([{ dueAt: store.clock() + MINUTE }]);
    await sendOutgoing(context, told);
    expect(transmitted).toEqual([]);
    store.time.now += MINUTE;
    await sendOutgoing(context, told);
    expect(transmitted).toHaveLength(1);
  });

  it('that its user takes out of the Outbox is not sent', async () => {
    await submit(['a@out.test']);
    const outbox = (await folderOf(store, anna, 'outbox')).id;
    await expungeMessages(store, anna, outbox, await allUids(store, anna, outbox), false);
    await spool();
    expect([transmitted, await queue()]).toEqual([[], []]);
  });

  it('of a suspended tenant waits until it is resumed', async () => {
    await submit(['a@out.test']);
    await setTenantState(store.db, anna.tenant, 'suspended', null);
    await spool();
    expect(transmitted).toEqual([]);
    expect(await queue()).toMatchObject([{ lastError: 'the tenant is suspended' }]);
    await setTenantState(store.db, anna.tenant, 'active', null);
    store.time.now += 5 * MINUTE;
    await spool();
    expect(transmitted).toHaveLength(1);
  });
});

describe('the queue', () => {
  it('holds a window of each tenant, so that one with many messages leaves room for one with few', async () => {
    for (let i = 0; i < 12; i++) await submit(['a@out.test']);
    const flooded = anna.tenant;
    anna = await store.mailbox(`bert@few${number}.test`);
    await submit(['b@out.test']);
    await enqueueDue(store, context.queue, flooded);
    await enqueueDue(store, context.queue, flooded);
    await enqueueDue(store, context.queue, anna.tenant);
    expect(told.map(({ tenant }) => tenant)).toEqual([...Array.from({ length: 5 }, () => flooded), anna.tenant]);
    // Each that is done makes room for the next, until all are done.
    await spool();
    expect(transmitted).toHaveLength(13);
  });

  it('sends a message once that is enqueued twice, or taken by two spoolers at once', async () => {
    await submit(['a@out.test']);
    await enqueueDue(store, context.queue, anna.tenant);
    const [first] = told.splice(0);
    if (!first) throw new Error('not told');
    await Promise.all([sendOutgoing(context, [first, first]), sendOutgoing(context, [first])]);
    await sendOutgoing(context, [first]);
    expect(transmitted).toHaveLength(1);
    expect(await inFolder('sent')).toHaveLength(1);
  });

  it('is not followed by a spooler that was held up until its claim was nearly over', async () => {
    await submit(['a@out.test']);
    await enqueueDue(store, context.queue, anna.tenant);
    const read = context.sentRecipients.read;
    context.sentRecipients.read = (messages) => {
      store.time.now += 170_000;
      return read(messages);
    };
    await sendOutgoing(context, told.splice(0));
    expect(transmitted).toEqual([]);
    context.sentRecipients.read = read;
    store.time.now += 331_000;
    await sweepOutgoing(store, context.queue, () => true);
    await spool();
    expect(transmitted).toHaveLength(1);
  });

  it('learns from the sent recipients that a message was sent, when the row does not say so', async () => {
    const id = await submit(['a@out.test', 'b@out.test']);
    kept.set(key({ ...anna, id, submittedAt: store.clock() }), new Set(['a@out.test']));
    await spool();
    expect(transmitted.map(({ recipients }) => recipients)).toEqual([['b@out.test']]);
    expect(await inFolder('sent')).toHaveLength(1);
  });

  it('gets the messages of a dead spooler from the sweeper after their claim has expired', async () => {
    const id = await submit(['a@out.test']);
    await enqueueDue(store, context.queue, anna.tenant);
    told.length = 0;
    expect(await claimOutgoing(store, anna.tenant, [{ ...anna, id }], 330_000)).toHaveLength(1);
    const sweep = async () => {
      const before = told.length;
      await sweepOutgoing(store, context.queue, () => true);
      return told.slice(before).filter(({ tenant }) => tenant === anna.tenant).length;
    };
    store.time.now += 310_000;
    expect(await sweep()).toBe(0);
    store.time.now += 30_000;
    expect(await sweep()).toBe(1);
    expect(await sweep()).toBe(0);
    await sendOutgoing(
      context,
      told.filter(({ tenant }) => tenant === anna.tenant),
    );
    expect(transmitted).toHaveLength(1);
  });

  it('keeps a message whose notice could not be sent, for the next round', async () => {
    await submit(['a@out.test']);
    const failing = { send: async (messages: readonly DueMessage[]) => [...messages] };
    expect(await enqueueDue(store, failing, anna.tenant)).toBe(0);
    await spool();
    expect(transmitted).toHaveLength(1);
  });
});

describe('a message that spoolers die on', () => {
  it('is tried again some times and then set aside, and comes back by a retry or when its time is over', async () => {
    const id = await submit(['a@out.test']);
    const ref = { ...anna, id };
    for (const held of [false, false, false, true])
      expect(await afterCrash(store.db, ref, store.clock(), MINUTE)).toBe(held);
    store.time.now += 5 * MINUTE;
    await spool();
    expect(transmitted).toEqual([]);
    expect(await queue()).toMatchObject([{ held: true, lastError: expect.stringContaining('spooler') }]);
    await retryOutgoing(store.db, anna.tenant, id, store.clock());
    await spool();
    expect(transmitted).toHaveLength(1);

    const late = await submit(['a@out.test']);
    for (let i = 0; i < 4; i++) await afterCrash(store.db, { ...anna, id: late }, store.clock(), MINUTE);
    store.time.now += 3 * DAY;
    await sweepOutgoing(store, context.queue, () => true);
    await spool();
    expect(await queue()).toEqual([]);
    expect(textOf((await inFolder('inbox'))[0])).toContain('given up after 2 days');
  });

  it('does not stop other messages', async () => {
    const bad = await submit(['a@out.test'], { subject: 'bad' });
    await submit(['b@out.test'], { subject: 'good' });
    await unguarded(store.db)
      .updateTable('message_contents')
      .set({ mime: Buffer.from([9]) })
      .where('tenant_id', '=', anna.tenant)
      .where('id', '=', bad)
      .execute();
    await spool();
    expect(transmitted.map(({ recipients }) => recipients)).toEqual([['b@out.test']]);
    expect(await queue()).toMatchObject([{ subject: 'bad', lastError: 'internal error' }]);
    await store.db.deleteFrom('outgoing_queue').where('tenant_id', '=', anna.tenant).execute();
    // Left as it is, it would be a problem for the check of the whole database.
    await unguarded(store.db)
      .updateTable('message_contents')
      .set({ mime: Buffer.from([1, 0, 0, 0, 0]) })
      .where('tenant_id', '=', anna.tenant)
      .where('id', '=', bad)
      .execute();
  });
});

describe('an administrator', () => {
  it('takes a message out of the queue, and the user can have it back', async () => {
    const id = await submit(['a@out.test']);
    await expect(deleteOutgoing(store, 999 as TenantId, id)).rejects.toThrow('no such message');
    await deleteOutgoing(store, anna.tenant, id);
    await spool();
    expect([transmitted, await queue(), await inFolder('outbox')]).toEqual([[], [], []]);
    expect(await listDeletedMessages(store.db, anna, EMPTY_ID, 10)).toMatchObject([{ id, subject: 'hello' }]);
  });

  it('cannot take one that is being sent', async () => {
    const id = await submit(['a@out.test']);
    await claimOutgoing(store, anna.tenant, [{ ...anna, id }], MINUTE);
    await expect(deleteOutgoing(store, anna.tenant, id)).rejects.toThrow('being sent');
    expect(await queue()).toHaveLength(1);
  });
});

describe('a sender', () => {
  it('may use own addresses, aliases and details, and those of users who granted send-as, but no others', async () => {
    const boss = await store.mailbox(`boss@spool${number}.test`);
    const directory = dbSource(store.db, store.options);
    const may = async (address: string) => {
      const sender = await directory.sender(anna);
      return sender !== undefined && maySendFrom(sender, address);
    };
    expect(await may(anna.login.toUpperCase())).toBe(true);
    expect(await may(anna.login.replace('@', '+lists@'))).toBe(true);
    expect(await may(boss.login)).toBe(false);
    await inTransaction(store.db, (tx) => addSendAs(tx, anna.tenant, boss.login, anna.login));
    expect(await may(boss.login)).toBe(true);
    expect(await may('anybody@elsewhere.test')).toBe(false);
    const sender = await directory.sender(boss);
    expect(sender && maySendFrom(sender, anna.login)).toBe(false);
  });
});
