import { createTransport } from 'nodemailer';
import {
  companiesOverQuota,
  type OverQuotaCompany,
  type OverQuotaUser,
  type QuotaMailbox,
  quotaMailboxes,
  usersOverQuota,
} from '../../shared/directory/quota/over-quota.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { derivedGuid, type FolderId, type StoreRef, type TenantId } from '../../shared/store/engine/ids.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';
import type { Marks } from './marks.ts';
import { fill, sizeText, templateOf, type Variable } from './templates.ts';

const PAGE = 500;
const DAY_MS = 86_400_000;
const CURSOR = 'cursor';

export interface MonitorReport {
  users: number;
  companies: number;
  mails: number;
  /** False: the time was over; the next run goes on from there. */
  finished: boolean;
}

/**
 * Finds stores over their levels and companies over their warning level, and mails them (manual 5.7.3), each at most once in
 * `mailquota_resend_interval` days. Goes page by page while there is time; a run that ends early is continued by the next.
 */
export async function monitorQuota(
  store: StoreContext,
  marks: Marks,
  sender: string,
  timeLeft: () => boolean,
): Promise<MonitorReport> {
  const report: MonitorReport = { users: 0, companies: 0, mails: 0, finished: false };
  for (let after = (await marks.read(CURSOR)) ?? 0; ; ) {
    if (!timeLeft()) return report;
    const page = await usersOverQuota(store.db, store.options, after, PAGE);
    for (const user of page) {
      report.users++;
      report.mails += await mailUser(store, marks, sender, user);
      if (!timeLeft()) {
        await marks.write(CURSOR, user.id, store.clock() + DAY_MS);
        return report;
      }
    }
    after = page.at(-1)?.id ?? after;
    await marks.write(CURSOR, page.length < PAGE ? 0 : after, store.clock() + DAY_MS);
    if (page.length < PAGE) break;
  }
  for (const company of await companiesOverQuota(store.db, store.options)) {
    report.companies++;
    report.mails += await mailCompany(store, marks, sender, company);
  }
  report.finished = true;
  return report;
}

/** Mails a user, and those who are told of all users of the company. Returns how many mails that were. */
async function mailUser(store: StoreContext, marks: Marks, sender: string, user: OverQuotaUser): Promise<number> {
  const values = variables(user.fullName, user.company, user.size, user.levels);
  const about = { tenant: user.tenant, subject: String(user.store), kind: user.level, to: user.email, values };
  const others = await quotaMailboxes(store.db, user.tenant, 'user');
  return mailAll(store, marks, sender, about, [user, ...others.filter((other) => other.store !== user.store)]);
}

function mailCompany(store: StoreContext, marks: Marks, sender: string, company: OverQuotaCompany): Promise<number> {
  const levels = { warn: company.warn, soft: 0, hard: 0 };
  const values = variables(company.company, company.company, company.size, levels);
  const about = { tenant: company.tenant, subject: '', kind: 'company' as const, to: undefined, values };
  const recipients = [...new Map(company.recipients.map((recipient) => [recipient.store, recipient])).values()];
  return mailAll(store, marks, sender, about, recipients);
}

/** What a mail is about, whoever gets it. */
interface QuotaEvent {
  tenant: TenantId;
  /** The store that is meant; empty for a company, of which each mailbox gets one mail. */
  subject: string;
  kind: 'warn' | 'soft' | 'hard' | 'company';
  /** Undefined: whoever gets it. */
  to: string | undefined;
  values: Record<Variable, string>;
}

async function mailAll(
  store: StoreContext,
  marks: Marks,
  sender: string,
  { tenant, subject, kind, to, values }: QuotaEvent,
  recipients: readonly QuotaMailbox[],
): Promise<number> {
  let mails = 0;
  for (const recipient of recipients) {
    // Whoever is told of others is reminded of each of them by itself.
    const mark =
      subject === '' || subject === String(recipient.store)
        ? `${recipient.store}#${kind}`
        : `${recipient.store}#${kind}#${subject}`;
    const ref = { tenant, store: recipient.store };
    const mail = { mark, ref, inbox: recipient.inbox, email: to ?? recipient.email, kind, values };
    if (await mailOnce(store, marks, sender, mail)) mails++;
  }
  return mails;
}

interface QuotaMail {
  mark: string;
  ref: StoreRef;
  inbox: FolderId;
  email: string;
  kind: 'warn' | 'soft' | 'hard' | 'company';
  values: Record<Variable, string>;
}

/**
 * Delivers a mail unless one of its kind went out within the interval. The mail's id comes from the mark of the one before, so a
 * run that was cut off between the mail and its mark sends nothing twice.
 */
async function mailOnce(
  store: StoreContext,
  marks: Marks,
  sender: string,
  { mark, ref, inbox, email, kind, values }: QuotaMail,
): Promise<boolean> {
  const interval = store.options.mailquota_resend_interval * DAY_MS;
  const before = await marks.read(mark);
  const now = store.clock();
  if (before !== undefined && now - before < interval) return false;
  const id = derivedGuid(`quota-mail ${mark} ${before ?? 0}`);
  const bytes = await compose(sender, email, fill(templateOf(kind, store.options), values), now);
  const message = await prepareMessage(store, ref.tenant, bytesSource(bytes), scanMessage(bytes), now);
  // No quota holds this mail back: it says why nothing else comes.
  const [outcome] = await deliver(
    store,
    message,
    [{ tenant: ref.tenant, store: ref.store, folder: inbox, id, hardQuota: 0 }],
    { mayBeStored: true },
  );
  await marks.write(mark, now, now + 2 * interval);
  return outcome?.kind === 'stored';
}

async function compose(
  from: string,
  to: string,
  { subject, text }: { subject: string; text: string },
  now: number,
): Promise<Buffer> {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await composer.sendMail({
    from,
    to,
    subject,
    text,
    date: new Date(now),
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  return message as Buffer;
}

const variables = (
  name: string,
  company: string,
  size: number,
  levels: { warn: number; soft: number; hard: number },
): Record<Variable, string> => ({
  KOPANO_QUOTA_NAME: name,
  KOPANO_QUOTA_COMPANY: company,
  KOPANO_QUOTA_STORE_SIZE: sizeText(size),
  KOPANO_QUOTA_WARN_SIZE: sizeText(levels.warn),
  KOPANO_QUOTA_SOFT_SIZE: sizeText(levels.soft),
  KOPANO_QUOTA_HARD_SIZE: sizeText(levels.hard),
});
