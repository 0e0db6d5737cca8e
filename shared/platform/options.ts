import { z } from 'zod';

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** A number of bytes, as Kopano's configuration writes it: `128M`, `64K`, `1000`. */
const bytes = z
  .union([z.number().int().nonnegative(), z.string().regex(/^\d+[KMG]?$/i, 'a number of bytes such as 64K or 128M')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, digits = '0', unit = ''] = /^(\d+)([KMG]?)$/i.exec(value) ?? [];
    return Number(digits) * (UNITS[unit.toUpperCase()] ?? 1);
  });

const yesNo = z
  .union([z.boolean(), z.enum(['yes', 'no', 'true', 'false'])])
  .transform((value) => value === true || value === 'yes' || value === 'true');

const whole = z.coerce.number().int().nonnegative();

/** Quota levels are written in megabytes (manual 5.7.1) and used in bytes; 0 is no limit. */
const megabytes = z.coerce
  .number()
  .nonnegative()
  .transform((value) => Math.round(value * 1024 * 1024));

/**
 * The options that this version reads, with Kopano's names and defaults (manual, chapter 5). An option that is not known is refused.
 * Those without a counterpart in Kopano are marked `ours`.
 */
export const optionsSchema = z.strictObject({
  /** Language of a new store's folders (manual 5.1.1). */
  default_store_locale: z.string().min(2).default('en_US.UTF-8'),
  quota_warn: megabytes.prefault(0),
  quota_soft: megabytes.prefault(0),
  quota_hard: megabytes.prefault(0),
  /** Warning level of a company: of all its stores together (manual 6.2.5). */
  companyquota_warn: megabytes.prefault(0),
  /** Days until a quota mail is sent again while the level is exceeded. */
  mailquota_resend_interval: z.coerce.number().positive().prefault(1),
  /** Text of the quota mails (manual 5.7.4); the first line is the subject. Empty: the text that comes with the program. */
  userquota_warning_template: z.string().default(''),
  userquota_soft_template: z.string().default(''),
  userquota_hard_template: z.string().default(''),
  companyquota_warning_template: z.string().default(''),
  /** Features that are off unless a user has them switched on (manual 8.7.1). */
  disabled_features: z
    .string()
    .default('imap pop3')
    .transform((value) => value.split(/[\s,;]+/).filter(Boolean)),
  /** Days that a soft-deleted item is kept; 0 keeps it for ever (manual 7.5). */
  softdelete_lifetime: whole.prefault(30),
  imap_only_mailfolders: yesNo.prefault('yes'),
  imap_capability_idle: yesNo.prefault('yes'),
  imap_max_messagesize: bytes.prefault('128M'),
  imap_max_fail_commands: whole.prefault(10),
  /** Refuse LOGIN and AUTHENTICATE before TLS. Kopano's default is no; a cloud faces the internet. */
  disable_plaintext_auth: yesNo.prefault('yes'),
  /** ours: a MIME leaf of this size or more is kept in S3, a smaller one in the message's row. */
  attachment_inline_max: bytes.prefault('64K'),
  /** ours: limits of one LMTP transaction. */
  lmtp_max_messagesize: bytes.prefault('128M'),
  lmtp_max_recipients: whole.prefault(1000),
  lmtp_max_header_size: bytes.prefault('1M'),
  lmtp_max_line_length: bytes.prefault('1M'),
  lmtp_timeout_seconds: whole.prefault(300),
});

export type Options = z.output<typeof optionsSchema>;

/** Checks options; a wrong or unknown one throws an error that names the option, its value and what is allowed. */
export function parseOptions(input: Record<string, unknown>): Options {
  const result = optionsSchema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `unknown option ${issue.keys.join(', ')}`;
    const name = issue.path.join('.');
    return `option ${name} = ${JSON.stringify(input[name])}: ${issue.message}`;
  });
  throw new Error(`configuration: ${lines.join('; ')}`);
}
