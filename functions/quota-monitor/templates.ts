import type { QuotaLevel } from '../../shared/directory/quota/quota-levels.ts';
import type { Options } from '../../shared/platform/options.ts';

/** The variables of manual 5.7.4, and the two levels beside the warning level. */
export type Variable =
  | 'KOPANO_QUOTA_NAME'
  | 'KOPANO_QUOTA_COMPANY'
  | 'KOPANO_QUOTA_STORE_SIZE'
  | 'KOPANO_QUOTA_WARN_SIZE'
  | 'KOPANO_QUOTA_SOFT_SIZE'
  | 'KOPANO_QUOTA_HARD_SIZE';

const WARNING = `Subject: Your mailbox is nearly full

Dear \${KOPANO_QUOTA_NAME},

your mailbox holds \${KOPANO_QUOTA_STORE_SIZE}; the warning level is \${KOPANO_QUOTA_WARN_SIZE}. Please delete what you no longer need.

At \${KOPANO_QUOTA_SOFT_SIZE} you cannot send mail any more, at \${KOPANO_QUOTA_HARD_SIZE} no mail reaches you.
`;

const SOFT = `Subject: Your mailbox is full: you cannot send mail

Dear \${KOPANO_QUOTA_NAME},

your mailbox holds \${KOPANO_QUOTA_STORE_SIZE} and has passed its level of \${KOPANO_QUOTA_SOFT_SIZE}. Until you delete something you cannot send mail.

At \${KOPANO_QUOTA_HARD_SIZE} no mail reaches you either.
`;

const HARD = `Subject: Your mailbox is full: no mail reaches you

Dear \${KOPANO_QUOTA_NAME},

your mailbox holds \${KOPANO_QUOTA_STORE_SIZE} and has passed its limit of \${KOPANO_QUOTA_HARD_SIZE}. Mail to you is refused until you delete something.
`;

const TENANT = `Subject: \${KOPANO_QUOTA_COMPANY} uses much space

All mailboxes of \${KOPANO_QUOTA_COMPANY} together hold \${KOPANO_QUOTA_STORE_SIZE}; the warning level is \${KOPANO_QUOTA_WARN_SIZE}.
`;

/** The template of a user's level, or of a tenant. */
export function templateOf(kind: QuotaLevel | 'tenant', options: Options): string {
  switch (kind) {
    case 'warn':
      return options.userquota_warning_template || WARNING;
    case 'soft':
      return options.userquota_soft_template || SOFT;
    case 'hard':
      return options.userquota_hard_template || HARD;
    case 'tenant':
      return options.companyquota_warning_template || TENANT;
  }
}

/** Puts values in the place of `${VARIABLE}`, and takes the subject off the first line. */
export function fill(template: string, values: Record<Variable, string>): { subject: string; text: string } {
  const filled = template.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name as Variable] ?? whole);
  const [, subject = 'Quota', text = ''] = /^Subject: *([^\r\n]*)\r?\n(?:\r?\n)?([\s\S]*)$/.exec(filled) ?? [
    '',
    'Quota',
    filled,
  ];
  return { subject, text };
}

const UNITS = ['B', 'KB', 'MB', 'GB'];

/** Sizes always come with their unit (manual 5.7.4); no limit is said in words. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return 'no limit';
  const unit = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return unit === 0 ? `${bytes} B` : `${(bytes / 1024 ** unit).toFixed(2)} ${UNITS[unit]}`;
}
