import { createTransport } from 'nodemailer';
import {
  type OverQuotaTenant,
  type OverQuotaUser,
  type QuotaMailbox,
  quotaMailboxes,
  tenantsOverQuota,
  usersOverQuota,
} from '../../shared/directory/quota/over-quota.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { derivedGuid, type FolderId, type StoreRef, type TenantId } from '../../shared/store/engine/ids.ts';
import { deliver } from '../../shared/store/messages/deliver.ts';
import type { SentNotices } from './sent-notices.ts';
import { fill, sizeText, templateOf, type Variable } from './templates.ts';

const PAGE = 500;
const DAY_MS = 86_400_000;

export interface MonitorContext {
  store: StoreContext;
  notices: SentNotices;
  /** The address that the mails come from. */
  sender: string;
}

export interface MonitorReport {
  users: number;
  tenants: number;
  mails: number;
  /** False when the time was over before the end; the next run continues there. */
  finished: boolean;
}

/**
 * Mails users whose store has reached one of their levels, and tenants that have reached their warning level (manual 5.7.3), each at most
 * once in `mailquota_resend_interval` days. Goes page by page while there is time; the next run continues one that ends early.
 */
export async function monitorQuota(context: MonitorContext, timeLeft: () => boolean): Promise<MonitorReport> {
  const { store, notices } = context;
  const report: MonitorReport = { users: 0, tenants: 0, mails: 0, finished: false };
  for (let after = (await notices.readCursor()) ?? 0; ; ) {
    if (!timeLeft()) return report;
    const page = await usersOverQuota(store.db, store.options, after, PAGE);
    for (const user of page) {
      report.users++;
      report.mails += await mailUser(context, user);
      if (!timeLeft()) {
        await notices.writeCursor(user.id, store.clock() + DAY_MS);
        return report;
      }
    }
    after = page.at(-1)?.id ?? after;
    await notices.writeCursor(page.length < PAGE ? 0 : after, store.clock() + DAY_MS);
    if (page.length < PAGE) break;
  }
  for (const tenant of await tenantsOverQuota(store.db, store.options)) {
    report.tenants++;
    report.mails += await mailTenant(context, tenant);
  }
  report.finished = true;
  return report;
}

/** Mails a user and the tenant's quota recipients for users. Returns the number of mails. */
async function mailUser(context: MonitorContext, user: OverQuotaUser): Promise<number> {
  const values = variables(user.fullName, user.tenantName, user.size, user.levels);
  const about = { tenant: user.tenant, subject: String(user.store), kind: user.level, to: user.email, values };
  const others = await quotaMailboxes(context.store.db, user.tenant, 'user');
  return mailAll(context, about, [user, ...others.filter((other) => other.store !== user.store)]);
}

function mailTenant(context: MonitorContext, tenant: OverQuotaTenant): Promise<number> {
  const levels = { warn: tenant.warn, soft: 0, hard: 0 };
  const values = variables(tenant.tenantName, tenant.tenantName, tenant.size, levels);
  const about = { tenant: tenant.tenant, subject: '', kind: 'tenant' as const, to: undefined, values };
  const recipients = [...new Map(tenant.recipients.map((recipient) => [recipient.store, recipient])).values()];
  return mailAll(context, about, recipients);
}

/** The reason of one or several mails. */
interface QuotaEvent {
  tenant: TenantId;
  /** Id of the store over its level; empty for a tenant, about which each mailbox gets one mail. */
  subject: string;
  kind: 'warn' | 'soft' | 'hard' | 'tenant';
  /** The address in the mail's To; undefined: the recipient's own. */
  to: string | undefined;
  values: Record<Variable, string>;
}

async function mailAll(
  context: MonitorContext,
  { tenant, subject, kind, to, values }: QuotaEvent,
  recipients: readonly QuotaMailbox[],
): Promise<number> {
  let mails = 0;
  for (const recipient of recipients) {
    // A recipient of mails about others gets one for each of them in an interval.
    const notice =
      subject === '' || subject === String(recipient.store)
        ? `${recipient.store}#${kind}`
        : `${recipient.store}#${kind}#${subject}`;
    const ref = { tenant, store: recipient.store };
    const mail = { notice, ref, inbox: recipient.inbox, email: to ?? recipient.email, kind, values };
    if (await mailOnce(context, mail)) mails++;
  }
  return mails;
}

interface QuotaMail {
  /** Tells this mail from others to the same mailbox. */
  notice: string;
  ref: StoreRef;
  inbox: FolderId;
  email: string;
  kind: 'warn' | 'soft' | 'hard' | 'tenant';
  values: Record<Variable, string>;
}

/**
 * Delivers a mail unless the same notice was sent within the interval. The mail's id is derived from the time of the notice before, so that
 * a run that was interrupted between sending and recording sends nothing twice.
 */
async function mailOnce(
  { store, notices, sender }: MonitorContext,
  { notice, ref, inbox, email, kind, values }: QuotaMail,
): Promise<boolean> {
  const interval = store.options.mailquota_resend_interval * DAY_MS;
  const before = await notices.read(notice);
  const now = store.clock();
  if (before !== undefined && now - before < interval) return false;
  const id = derivedGuid(`quota-mail ${notice} ${before ?? 0}`);
  const bytes = await compose(sender, email, fill(templateOf(kind, store.options), values), now);
  const message = await prepareMessage(store, ref.tenant, bytesSource(bytes), scanMessage(bytes), now);
  // Stored over the quota: this mail tells the user why no other arrives.
  const [outcome] = await deliver(
    store,
    message,
    [{ tenant: ref.tenant, store: ref.store, folder: inbox, id, hardQuota: 0 }],
    { mayBeStored: true },
  );
  await notices.write(notice, now, now + 2 * interval);
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
  tenantName: string,
  size: number,
  levels: { warn: number; soft: number; hard: number },
): Record<Variable, string> => ({
  KOPANO_QUOTA_NAME: name,
  KOPANO_QUOTA_COMPANY: tenantName,
  KOPANO_QUOTA_STORE_SIZE: sizeText(size),
  KOPANO_QUOTA_WARN_SIZE: sizeText(levels.warn),
  KOPANO_QUOTA_SOFT_SIZE: sizeText(levels.soft),
  KOPANO_QUOTA_HARD_SIZE: sizeText(levels.hard),
});
