import { z } from 'zod';
import * as entry from '../../shared/directory/entries/entry-schemas.ts';

// The bodies and queries of the API. The OpenAPI document is made from these schemas, so that their descriptions are for its callers.

const DAY_MS = 86_400_000;

export const tenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,62}$/)
  .describe('Name of a tenant: lower case letters, digits and hyphens');
export const domainName = entry.domainName.describe(
  'A mail domain in lower case (an international one in its xn-- form)',
);
export const address = entry.mailAddress.describe('A mail address');
export const login = entry.loginName.describe('The name that a user logs in with');
const password = entry.passwordText.describe('At least `password_min_length` characters');
const fullName = entry.fullName;
const feature = z.enum(['imap', 'pop3', 'mobile', 'outlook', 'webapp']).describe('A feature of manual 8.7');
const userType = z.enum(['user', 'room', 'equipment']);
const bytes = z.number().int().nonnegative().describe('Bytes; 0 is no limit');
const count = z.number().int().nonnegative().max(0x7fffffff);
const time = z.number().int().describe('Milliseconds since 1970 (UTC)');

export const limits = z
  .strictObject({
    domains: count.default(0),
    users: count.default(0),
    groups: count.default(0),
    bytes: bytes.default(0),
    hourlyMessages: count.default(0).describe('Messages that all users may submit in an hour'),
    recipients: count.default(0).describe('The most recipients of one message'),
    messageBytes: bytes.default(0),
  })
  .describe('Limits of the tenant; 0 is no limit. Where bytes are limited each user needs a hard quota');

export const quota = z
  .strictObject({ warn: bytes, soft: bytes, hard: bytes })
  .describe('Levels of a quota (manual 5.7)');

export const newUser = z.strictObject({
  login,
  email: address,
  password,
  fullName,
  aliases: z.array(address).max(100).default([]),
  type: userType.default('user').describe('Rooms and equipment cannot log in'),
  active: z
    .boolean()
    .optional()
    .describe('An inactive user gets mail and cannot log in. Default: true for a user, false for a room or equipment'),
  hidden: z.boolean().default(false).describe('Not shown in the address book'),
  features: z.array(feature).default([]).describe('Features that are switched on although they are disabled globally'),
  quota: quota.optional().describe('Absent: the configured levels apply'),
  locale: z.string().max(32).optional().describe('Language of the folders, such as nl_NL'),
});

export const userChange = z.strictObject({
  login: login.optional().describe('A new login; mail and store stay'),
  email: address.optional(),
  fullName: fullName.optional(),
  type: userType.optional(),
  active: z.boolean().optional(),
  hidden: z.boolean().optional(),
  adminLevel: z.number().int().min(0).max(1).optional().describe('1: administrator of the tenant'),
  aliases: z.array(address).max(100).optional(),
  featuresOn: z.array(feature).optional(),
  featuresOff: z.array(feature).optional(),
  quota: quota.nullable().optional().describe('Null: the configured levels apply again'),
});

export const passwordChange = z.strictObject({ password });

export const user = z.object({
  login,
  email: address,
  fullName,
  aliases: z.array(address),
  type: userType,
  active: z.boolean(),
  hidden: z.boolean(),
  adminLevel: z.number().int(),
  featuresOn: z.array(z.string()),
  featuresOff: z.array(z.string()),
  quota: quota.optional(),
  size: bytes,
});

export const newTenant = z.strictObject({
  name: tenantName,
  domain: domainName,
  admin: newUser.omit({ aliases: true }).describe('The first mailbox; its login is the tenant’s administrator'),
  limits: limits.prefault({}),
});

export const dnsRecord = z.object({ type: z.string(), name: z.string(), value: z.string(), purpose: z.string() });

export const tenant = z.object({
  name: tenantName,
  state: z.enum(['provisioning', 'ready', 'suspended', 'deleting', 'removing']),
  limits,
  domains: z.array(z.string()),
  createdAt: time,
  deleteAfter: time.nullable(),
});

export const provisionedTenant = tenant.extend({
  dns: z.array(dnsRecord).describe('The records to publish for the domain'),
});

export const newKey = z
  .strictObject({
    name: z.string().min(1).max(100),
    scope: z
      .enum(['tenant', 'domain', 'create-users'])
      .describe('Everything in the tenant, the users of one domain, or only creating users'),
    domain: domainName.optional().describe('Required with the scope domain'),
    expiresInDays: z.number().int().min(1).max(3650).default(365),
  })
  .refine((key) => (key.scope === 'domain') === (key.domain !== undefined), {
    message: 'a domain goes with the scope domain, and only with it',
  });

export const key = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.string(),
  domain: z.string().nullable(),
  expiresAt: time,
});
export const createdKey = z.object({ id: z.string(), secret: z.string().describe('Shown only in this answer') });

export const auditLine = z.object({
  id: z.number().int(),
  at: time,
  actor: z.string(),
  action: z.string(),
  object: z.string(),
});

export const newDomain = z.strictObject({
  name: domainName,
  verified: z
    .boolean()
    .optional()
    .describe(
      'True: the provider vouches for the domain, which only the provider may. Default: true for the provider, false for other callers',
    ),
});
export const domain = z.object({
  name: z.string(),
  verified: z
    .boolean()
    .describe('False: the domain has no mail, no addresses and no logins until the first of the records is published'),
  dns: z.array(dnsRecord),
});

export const dnsCheck = z.object({
  name: z.string(),
  complete: z.boolean(),
  records: z.array(
    dnsRecord.extend({
      published: z
        .enum(['yes', 'no', 'other', 'unknown'])
        .describe('other: something else is published; unknown: the lookup failed'),
      found: z.array(z.string()),
    }),
  ),
});

export const orphan = z.object({
  guid: z.string(),
  formerLogin: z.string(),
  size: bytes,
  modifiedAt: time.nullable(),
});

export const delegate = z.object({ login });

export const addressBookEntry = z.object({ tenant: tenantName, login, fullName, email: address });

const groupName = entry.groupName.describe('Name of a group');

export const newGroup = z.strictObject({
  name: groupName,
  fullName: fullName.optional(),
  email: address.optional().describe('Mail to it goes to all members'),
  hidden: z.boolean().default(false),
});

export const groupChange = z.strictObject({
  fullName: fullName.optional(),
  email: address.or(z.literal('')).optional(),
  hidden: z.boolean().optional(),
});

export const group = z.object({
  name: groupName,
  fullName,
  email: z.string(),
  hidden: z.boolean(),
  users: z.array(z.string()),
  groups: z.array(z.string()),
});

export const tenantQuota = z.strictObject({
  warn: bytes.nullable().optional().describe('Warning level for all stores together'),
  users: quota.nullable().optional().describe('Default levels of the users'),
});

export const tenantExport = tenant.extend({ users: z.array(user), groups: z.array(group) });

const messageId = z.string().regex(/^[0-9a-f]{32}$/);

export const queuedMessage = z.object({
  id: messageId,
  sender: z.string(),
  subject: z.string(),
  recipients: z.array(
    z.object({ address: z.string(), state: z.enum(['waiting', 'sent', 'failed', 'reported']), reply: z.string() }),
  ),
  size: bytes,
  submittedAt: time,
  nextTryAt: time,
  expiresAt: time,
  tries: z.number().int(),
  held: z.boolean().describe('Not sent until it is retried or deleted'),
  lastError: z.string(),
});

const deletedMessage = z.object({
  id: messageId,
  folder: z.number().int(),
  folderName: z.string(),
  subject: z.string(),
  sender: z.string(),
  size: bytes,
  receivedAt: time,
  deletedAt: time,
});

export const deletedItems = z.object({
  items: z.array(deletedMessage),
  next: z.string().optional(),
  folders: z.array(z.object({ id: z.number().int(), name: z.string(), messages: z.number().int(), deletedAt: time })),
});

export const restoration = z.strictObject({
  messages: z.array(messageId).max(1000).default([]),
  folders: z.array(z.number().int()).max(100).default([]),
});

export const restored = z.object({ messages: z.number().int(), folders: z.array(z.string()) });

export const deletion = z.strictObject({ graceDays: z.number().int().min(1).max(365).default(30) });

/** The query of a list in pages, by name. */
export const afterName = z.strictObject({
  after: z.string().max(320).optional().describe('`next` of the page before'),
});
/** The query of a list in pages, by id or by the id of a message. */
export const afterNumber = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional()
    .describe('`next` of the page before'),
});
export const afterMessage = z.strictObject({ after: messageId.optional().describe('`next` of the page before') });
export const searchText = z.strictObject({
  q: z.string().max(255).optional().describe('The beginning of a name or an address'),
});

/** A page of a list; `next` is the `after` of the next page, absent on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

export const days = (count: number): number => count * DAY_MS;
