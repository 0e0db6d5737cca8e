import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { monitorQuota } from '../../functions/quota-monitor/monitor.ts';
import type { SentNotices } from '../../functions/quota-monitor/sent-notices.ts';
import { fill, sizeText } from '../../functions/quota-monitor/templates.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { updateUser } from '../../shared/directory/entries/users.ts';
import { deliverTo, type Mailbox, openTestStore, problems, readFolder, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  // The server's levels: 1 KB, 2 KB and 3 KB.
  store = await openTestStore({
    quota_warn: 1 / 1024,
    quota_soft: 2 / 1024,
    quota_hard: 3 / 1024,
    companyquota_warn: 20 / 1024,
  });
});
afterAll(() => store.close());

const DAY_MS = 86_400_000;

function memoryNotices(): SentNotices & { cursor: number; failWrite: boolean } {
  const sent = new Map<string, number>();
  const notices = {
    cursor: 0,
    failWrite: false,
    read: async (notice: string) => sent.get(notice),
    async write(notice: string, sentAt: number) {
      if (notices.failWrite) throw new Error('killed');
      sent.set(notice, sentAt);
    },
    readCursor: async () => notices.cursor,
    async writeCursor(user: number) {
      notices.cursor = user;
    },
  };
  return notices;
}

const run = (notices: SentNotices, timeLeft = () => true) =>
  monitorQuota({ store, notices, sender: 'Mail system <postmaster@test>' }, timeLeft);

async function mailboxOf(login: string, bytes: number): Promise<Mailbox> {
  const mailbox = await store.mailbox(login);
  await deliverTo(store, [mailbox], Buffer.alloc(bytes, 'Subject: filler\r\n\r\n'));
  return mailbox;
}

const subjects = async (mailbox: Mailbox) =>
  (await readFolder(store, mailbox, mailbox.inbox))
    .map((message) => /^Subject: (.*)\r$/m.exec(String(message))?.[1])
    .filter((subject) => subject !== 'filler');

describe('the quota monitor', () => {
  it('mails users about the highest level that they have reached, once in the interval, and no others', async () => {
    const [below, warn, soft, hard] = [
      await mailboxOf('below@q.test', 900),
      await mailboxOf('warn@q.test', 1100),
      await mailboxOf('soft@q.test', 2100),
      await mailboxOf('hard@q.test', 3100),
    ];
    const notices = memoryNotices();
    expect(await run(notices)).toEqual({ users: 3, tenants: 0, mails: 3, finished: true });
    expect(await subjects(below)).toEqual([]);
    expect(await subjects(warn)).toEqual(['Your mailbox is nearly full']);
    expect(await subjects(soft)).toEqual(['Your mailbox is full: you cannot send mail']);
    expect(await subjects(hard)).toEqual(['Your mailbox is full: no mail reaches you']);
    expect(String((await readFolder(store, warn, warn.inbox))[1]).replaceAll('=\r\n', '')).toContain(
      'your mailbox holds 1.07 KB; the warning level is 1.00 KB.',
    );
    // The mails themselves have taken some over the next level; no level says anything twice within the interval.
    await run(notices);
    store.time.now += DAY_MS / 2;
    await run(notices);
    expect((await subjects(hard)).filter((subject) => subject?.includes('no mail reaches'))).toHaveLength(1);
    store.time.now += DAY_MS / 2 + 1;
    await run(notices);
    expect((await subjects(hard)).filter((subject) => subject?.includes('no mail reaches'))).toHaveLength(2);
    expect(await problems(store)).toEqual([]);
  });

  it('a user’s own levels count instead of the server’s', async () => {
    const mailbox = await mailboxOf('own@own.test', 2500);
    await inTransaction(store.db, (tx) =>
      updateUser(tx, store, mailbox.tenant, mailbox.login, { quota: { warn: 0, soft: 0, hard: 0 } }),
    );
    await run(memoryNotices());
    expect(await subjects(mailbox)).toEqual([]);
  });

  it('that is killed between a mail and its mark sends nothing twice', async () => {
    const mailbox = await mailboxOf('killed@killed.test', 1200);
    const notices = memoryNotices();
    notices.failWrite = true;
    for (let i = 0; i < 3; i++) await expect(run(notices)).rejects.toThrow('killed');
    notices.failWrite = false;
    await run(notices);
    expect((await subjects(mailbox)).filter((subject) => subject?.includes('nearly full')).length).toBeLessThanOrEqual(
      1,
    );
  });

  it('whose time is over goes on where it stopped', async () => {
    const notices = memoryNotices();
    let calls = 0;
    const first = await run(notices, () => ++calls <= 2);
    expect(first.finished).toBe(false);
    expect(notices.cursor).toBeGreaterThan(0);
    const second = await run(notices);
    expect(second.finished).toBe(true);
    expect(notices.cursor).toBe(0);
  });

  it('mails the administrators of a tenant over its warning level', async () => {
    const boss = await mailboxOf('boss@big.test', 25_000);
    await inTransaction(store.db, (tx) => updateUser(tx, store, boss.tenant, boss.login, { adminLevel: 1 }));
    const report = await run(memoryNotices());
    expect(report.tenants).toBe(1);
    expect(await subjects(boss)).toContain('big.test uses much space');
  });
});

describe('templates', () => {
  it('take every variable; sizes have their unit', () => {
    const values = {
      KOPANO_QUOTA_NAME: 'N',
      KOPANO_QUOTA_COMPANY: 'C',
      KOPANO_QUOTA_STORE_SIZE: '1 B',
      KOPANO_QUOTA_WARN_SIZE: '2 B',
      KOPANO_QUOTA_SOFT_SIZE: '3 B',
      KOPANO_QUOTA_HARD_SIZE: '4 B',
    };
    const template = Object.keys(values)
      .map((name) => `\${${name}}`)
      .join(' ');
    expect(fill(`Subject: about ${template}\n\n${template} \${UNKNOWN}`, values)).toEqual({
      subject: 'about N C 1 B 2 B 3 B 4 B',
      text: 'N C 1 B 2 B 3 B 4 B ${UNKNOWN}',
    });
    expect([0, 1023, 1024, 1_572_864, 5 * 1024 ** 3].map(sizeText)).toEqual([
      'no limit',
      '1023 B',
      '1.00 KB',
      '1.50 MB',
      '5.00 GB',
    ]);
  });
});
