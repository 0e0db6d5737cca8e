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
  /** The format of logins, of user and tenant: %u, %c; and of names of stores: %u, %f, %c (manual 6.2.2). */
  loginname_format: z.string().includes('%u').default('%u'),
  storename_format: z.string().min(1).default('%f'),
  /** ours: characters that a new password has at least (NIST SP 800-63B §3.1.1.2). */
  password_min_length: z.coerce.number().int().min(1).max(100).prefault(8),
  quota_warn: megabytes.prefault(0),
  quota_soft: megabytes.prefault(0),
  quota_hard: megabytes.prefault(0),
  /** Warning level of a tenant: of all its stores together (manual 6.2.5). */
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
  /** The relay that outgoing mail goes to (manual 5.4.1). */
  smtp_server: z.string().min(1).default('localhost'),
  smtp_port: z.coerce.number().int().min(1).max(65535).prefault(25),
  /** Whether messages that MAPI clients write go out with all their properties as TNEF (winmail.dat). */
  always_send_tnef: yesNo.prefault('no'),
  /** Messages that one spooler sends at a time. */
  max_threads: z.coerce.number().int().min(1).max(50).prefault(5),
  /** ours: the transport of outgoing mail: the relay, or SES. */
  outgoing_transport: z.enum(['smtp', 'ses']).default('smtp'),
  /** ours: TLS to the relay. `opportunistic` takes it where it is offered and checks no name; `required` and `implicit` check it. */
  smtp_tls: z.enum(['off', 'opportunistic', 'required', 'implicit']).default('opportunistic'),
  /** ours: recipients with a mailbox here get their mail without a detour over the relay (manual 5.4: no). */
  deliver_local_directly: yesNo.prefault('no'),
  /** ours: days until an outgoing message that cannot be sent goes back to its sender. */
  queue_lifetime: z.coerce.number().positive().prefault(5),
  /** ours: seconds until the second attempt; each later one waits twice as long, up to the maximum. */
  queue_retry_delay: z.coerce.number().positive().prefault(60),
  queue_retry_delay_max: z.coerce.number().positive().prefault(14_400),
  /** ours: seconds after which a message that was enqueued, and no spooler has claimed, is enqueued again. */
  queue_resend_after: z.coerce.number().positive().prefault(300),
  /** ours: seconds for which a spooler claims a message; longer than any attempt takes. */
  queue_claim_seconds: z.coerce.number().min(2).prefault(330),
  /** ours: messages of one tenant that the queue holds at a time, so that each tenant gets its turn. */
  queue_window: z.coerce.number().int().min(1).prefault(200),
  /** ours: limits of a submission; the tenant's own may be lower. */
  submission_max_messagesize: bytes.prefault('50M'),
  submission_max_recipients: z.coerce.number().int().min(1).prefault(1000),
  submission_timeout_seconds: whole.prefault(300),
  /** ours: days for which a message may be held (RFC 4865). */
  submission_max_hold: z.coerce.number().positive().prefault(30),
  /** ours: whether a message that was sent is kept in Sent Items; `no` where all clients do that themselves. */
  submission_save_sent: yesNo.prefault('yes'),
  /** Whether the server has several tenants (Kopano's companies); if not, there is one, and logins are plain names (manual 6.2). */
  enable_hosted_kopano: yesNo.prefault('yes'),
  /** User ids and names of the operating system that may be SYSTEM over the local socket. */
  local_admin_users: z.string().default('root kopano'),
  /** A folder of public keys or certificates, or one file: clients that have one of their private keys may be SYSTEM. */
  sslkeys_path: z.string().default(''),
  /** The header by which a proxy shows that it is one, and ours: the proxies that are believed, by their addresses. */
  proxy_header: z.string().default(''),
  trusted_proxies: z.string().default(''),
  /** The name of the server in its greeting; empty: that of the machine. */
  server_hostname: z.string().default(''),
  server_hostname_greeting: yesNo.prefault('no'),
  /** Whether IMAP shows the folders of the tenant's public store. */
  imap_public_folders: yesNo.prefault('yes'),
  /** Whether a message is expunged as soon as it is marked as deleted. */
  imap_expunge_on_delete: yesNo.prefault('no'),
  /** Whether IDLE is accepted without sending any changes. */
  imap_ignore_command_idle: yesNo.prefault('no'),
  /** ours: seconds between two POP3 logins of a user (RFC 2449, LOGIN-DELAY); 0 is no limit. */
  pop3_login_delay: whole.prefault(0),
  imap_only_mailfolders: yesNo.prefault('yes'),
  imap_capability_idle: yesNo.prefault('yes'),
  imap_max_messagesize: bytes.prefault('128M'),
  imap_max_fail_commands: whole.prefault(10),
  /** Refuse LOGIN and AUTHENTICATE before TLS. Kopano's default is no; a cloud faces the internet. */
  disable_plaintext_auth: yesNo.prefault('yes'),
  /** ours: a MIME leaf of this size or more is kept in S3, a smaller one in the message's row. */
  attachment_inline_max: bytes.prefault('64K'),
  /** ours: the scope in which an attachment is stored once: the mailboxes of one tenant, or all. */
  attachment_sharing: z.enum(['tenant', 'all']).default('tenant'),
  /** ours: limits of one LMTP transaction; those of lines and headers are for submissions too. */
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
