import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import type { Delivery, DeliverySteps, PlanStep } from '../../shared/delivery/step.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { folderOf, openTestStore, problems, readFolder, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let domains = 0;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const BYTES = Buffer.from('Subject: planned\r\n\r\ntext\r\n');

/** Two users of a tenant of its own, and a delivery to them. */
async function setUp() {
  const domain = `plan${++domains}.test`;
  const mailboxes = [await store.mailbox(`anna@${domain}`), await store.mailbox(`bert@${domain}`)] as const;
  const resolved = await dbSource(store.db, store.options).resolve([`anna@${domain}`, `bert@${domain}`]);
  const delivery: Delivery = {
    source: bytesSource(BYTES),
    root: scanMessage(BYTES),
    recipients: resolved.flat(),
    id: newGuid(store.clock()),
    mayBeStored: true,
  };
  return { mailboxes, delivery };
}

const rethrow = (error: unknown): never => {
  throw error;
};

const planning = (...run: PlanStep[]): DeliverySteps => ({
  plan: run.map((step, i) => ({ name: `step ${i}`, run: step })),
  after: [],
});

describe('a delivery plan', () => {
  it('decides for each mailbox by itself: folder, flags, copies, refusal', async () => {
    const { mailboxes, delivery } = await setUp();
    const [anna, bert] = mailboxes;
    const { id: drafts } = await folderOf(store, anna, 'drafts');
    const { id: junk } = await folderOf(store, anna, 'junk');
    const file: PlanStep = async (_context, _delivery, plans) =>
      plans.map((plan) =>
        plan.recipient.store === anna.store
          ? {
              ...plan,
              folder: drafts,
              copies: [junk, junk, drafts],
              flags: { flags: FLAG.FLAGGED, keywords: ['filed'] },
            }
          : { ...plan, refusal: 'store-full' as const },
      );
    const outcomes = await deliverMessage(store, delivery, rethrow, planning(file));
    expect(outcomes).toEqual([{ kind: 'stored' }, { kind: 'refused', reason: 'store-full' }]);
    for (const folder of [drafts, junk]) {
      expect(await readFolder(store, anna, folder)).toEqual([BYTES]);
      expect(await listStates(store.db, anna, folder)).toMatchObject([{ flags: FLAG.FLAGGED, keywords: ['filed'] }]);
    }
    expect(await readFolder(store, anna, anna.inbox)).toEqual([]);
    expect(await readFolder(store, bert, bert.inbox)).toEqual([]);
    expect(await problems(store)).toEqual([]);
  });

  it('is carried out once, copies too, however often the message is delivered again', async () => {
    const { mailboxes, delivery } = await setUp();
    const [anna] = mailboxes;
    const { id: junk } = await folderOf(store, anna, 'junk');
    const copy: PlanStep = async (_context, _delivery, plans) => plans.map((plan) => ({ ...plan, copies: [junk] }));
    // Plans are made anew for each delivery; the store of the second mailbox has no folder of that id, and gets no copy.
    for (let i = 0; i < 2; i++)
      expect(await deliverMessage(store, delivery, rethrow, planning(copy))).toEqual([
        { kind: 'stored' },
        { kind: 'stored' },
      ]);
    for (const [mailbox, folder] of [
      [anna, anna.inbox],
      [anna, junk],
      [mailboxes[1], mailboxes[1].inbox],
    ] as const)
      expect(await readFolder(store, mailbox, folder)).toEqual([BYTES]);
    expect(await problems(store)).toEqual([]);
  });

  it('falls back to the Inbox when its folder is gone or is in the store of another', async () => {
    const { mailboxes, delivery } = await setUp();
    const [anna, bert] = mailboxes;
    const foreign: PlanStep = async (_context, _delivery, plans) =>
      plans.map((plan) => ({ ...plan, folder: plan.recipient.store === anna.store ? bert.inbox : anna.inbox }));
    expect(await deliverMessage(store, delivery, rethrow, planning(foreign))).toEqual([
      { kind: 'stored' },
      { kind: 'stored' },
    ]);
    for (const mailbox of mailboxes) expect(await readFolder(store, mailbox, mailbox.inbox)).toEqual([BYTES]);
  });

  it('stores nothing and says later when a step cannot plan', async () => {
    const { mailboxes, delivery } = await setUp();
    const errors: unknown[] = [];
    const broken: PlanStep = async () => rethrow(new Error('no answer'));
    expect(await deliverMessage(store, delivery, (error) => errors.push(error), planning(broken))).toEqual([
      { kind: 'later', reason: 'internal error' },
      { kind: 'later', reason: 'internal error' },
    ]);
    expect(errors).toMatchObject([{ message: 'no answer' }]);
    for (const mailbox of mailboxes) expect(await readFolder(store, mailbox, mailbox.inbox)).toEqual([]);
  });

  it('keeps a refusal when the others must be tried again later', async () => {
    const { mailboxes, delivery } = await setUp();
    const refuse: PlanStep = async (_context, _delivery, [first, ...others]) =>
      first ? [{ ...first, refusal: 'store-full' }, ...others] : [];
    const broken: PlanStep = async () => rethrow(new Error('no answer'));
    expect(await deliverMessage(store, delivery, () => {}, planning(refuse, broken))).toEqual([
      { kind: 'refused', reason: 'store-full' },
      { kind: 'later', reason: 'internal error' },
    ]);
    for (const mailbox of mailboxes) expect(await readFolder(store, mailbox, mailbox.inbox)).toEqual([]);
  });

  it('makes one message of two addresses of one mailbox, and gives both its outcome', async () => {
    const { mailboxes, delivery } = await setUp();
    const twice = { ...delivery, recipients: [...delivery.recipients, ...delivery.recipients] };
    expect(await deliverMessage(store, twice, rethrow)).toEqual(Array(4).fill({ kind: 'stored' }));
    for (const mailbox of mailboxes) expect(await readFolder(store, mailbox, mailbox.inbox)).toEqual([BYTES]);
  });
});

describe('the steps after a message is stored', () => {
  it('see the mailboxes that have it, and none that refused it', async () => {
    const { mailboxes, delivery } = await setUp();
    const refuse: PlanStep = async (_context, _delivery, [first, ...others]) =>
      first ? [{ ...first, refusal: 'store-full' }, ...others] : [];
    const seen: number[] = [];
    await deliverMessage(store, delivery, rethrow, {
      ...planning(refuse),
      after: [
        {
          name: 'look',
          run: async (_context, _delivery, stored) => void seen.push(...stored.map(({ plan }) => plan.recipient.store)),
        },
      ],
    });
    expect(seen).toEqual([mailboxes[1].store]);
  });

  it('take nothing back when one fails, and the next one runs', async () => {
    const { delivery } = await setUp();
    const errors: unknown[] = [];
    let ran = false;
    const outcomes = await deliverMessage(store, delivery, (error) => errors.push(error), {
      plan: [],
      after: [
        { name: 'broken', run: async () => rethrow(new Error('no answer')) },
        { name: 'next', run: async () => void (ran = true) },
      ],
    });
    expect(outcomes).toEqual([{ kind: 'stored' }, { kind: 'stored' }]);
    expect(ran).toBe(true);
    expect(errors).toMatchObject([{ message: 'the delivery step "broken" failed; the message is stored' }]);
  });
});
