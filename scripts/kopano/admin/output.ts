import type { Group } from '../../../shared/directory/entries/groups.ts';
import type { Orphan } from '../../../shared/directory/entries/orphans.ts';
import type { User } from '../../../shared/directory/entries/users.ts';
import type { TenantQuota } from '../../../shared/directory/quota/tenant-quota.ts';
import type { Tenant, TenantLimits } from '../../../shared/directory/tenants/tenants.ts';
import type { Options } from '../../../shared/platform/options.ts';
import type { OutgoingMessage } from '../../../shared/store/outgoing/outgoing-queue.ts';

// The layout of kopano-admin's output (manual 8.2).

export const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MB`;

const level = (bytes: number): string => (bytes === 0 ? 'unlimited' : megabytes(bytes));

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const table = (title: string, heading: string, width: number, rows: readonly string[]): string =>
  [title, `\t${heading}`, `\t${'-'.repeat(width)}`, ...rows.map((row) => `\t${row}`)].join('\n');

export const userList = (company: string, users: readonly User[]): string =>
  table(
    `User list for ${company} (${users.length}):`,
    `${'Username'.padEnd(28)}Fullname`,
    48,
    users.map((user) => `${user.login.padEnd(28)}${user.fullName}`),
  );

export interface UserDetails extends User {
  features: readonly string[];
  store: string;
  sendAs: readonly string[];
  groups: readonly string[];
}

export function userDetails(user: UserDetails, options: Options): string {
  const quota = user.quota ?? { warn: options.quota_warn, soft: options.quota_soft, hard: options.quota_hard };
  return [
    `Name: ${user.login}`,
    `Full name: ${user.fullName}`,
    `Email address: ${user.email}`,
    ...(user.aliases.length > 0 ? [`Aliases: ${user.aliases.join('; ')}`] : []),
    `Active: ${yesNo(user.active)}`,
    ...(user.type === 'user' ? [] : [`Type: ${user.type}`]),
    `Administrator: ${user.adminLevel === 0 ? 'no' : user.adminLevel === 1 ? 'yes' : 'yes (system)'}`,
    `Address Book: ${user.hidden ? 'hidden' : 'visible'}`,
    `Features: ${user.features.join('; ')}`,
    `Store: ${user.store.toUpperCase()}`,
    `Store size: ${megabytes(user.size)}`,
    `Send-as: ${user.sendAs.join('; ')}`,
    'Current user store quota settings:',
    `  Quota overrides: ${yesNo(user.quota !== undefined)}`,
    `  Warning level: ${level(quota.warn)}`,
    `  Soft level: ${level(quota.soft)}`,
    `  Hard level: ${level(quota.hard)}`,
    table(`Groups (${user.groups.length}):`, 'Groupname', 5, user.groups),
  ].join('\n');
}

export const groupList = (company: string, names: readonly string[]): string =>
  table(`Group list for ${company} (${names.length}):`, 'Groupname', 24, names);

export const groupDetails = (group: Group): string =>
  [
    `Name: ${group.name}`,
    `Email address: ${group.email}`,
    `Address book: ${group.hidden ? 'Hidden' : 'Visible'}`,
    table(`Users (${group.users.length}):`, 'Username', 24, group.users),
    ...(group.groups.length > 0 ? [table(`Groups (${group.groups.length}):`, 'Groupname', 24, group.groups)] : []),
  ].join('\n');

export const sendAsList = (login: string, delegates: readonly string[]): string =>
  table(`Send-as list for ${login} (${delegates.length}):`, 'Username', 24, delegates);

export const nameList = (title: string, heading: string, names: readonly string[]): string =>
  table(`${title} (${names.length}):`, heading, 24, names);

export function orphanList({ stores, users }: { stores: readonly Orphan[]; users: readonly string[] }): string {
  const rows = stores.map(({ guid, formerLogin, size, modifiedAt }) => {
    const modified =
      modifiedAt === null
        ? ''
        : new Date(modifiedAt)
            .toISOString()
            .slice(0, 16)
            .replace(/[-T]/g, (c) => (c === 'T' ? ' ' : '/'));
    return `  ${guid.toUpperCase().padEnd(34)}${formerLogin.padEnd(30)}${modified.padEnd(20)}${Math.ceil(size / 1024)}KB`;
  });
  return [
    'Stores without users:',
    `  ${'Store guid'.padEnd(34)}${'Guessed username'.padEnd(30)}${'Last modified'.padEnd(20)}Store size`,
    `  ${'-'.repeat(94)}`,
    ...rows,
    '',
    table(`Users without stores (${users.length}):`, 'Username', 24, users),
  ].join('\n');
}

export const companyList = (tenants: readonly Tenant[]): string =>
  table(
    `Company list (${tenants.length}):`,
    'companyname',
    24,
    tenants.map((tenant) => `${tenant.name}${tenant.state === 'active' ? '' : ` (${tenant.state})`}`),
  );

export interface CompanyDetails {
  name: string;
  state: string;
  domains: readonly string[];
  limits: TenantLimits;
  quota: TenantQuota;
  viewers: readonly string[];
  administrators: readonly string[];
}

export function companyDetails(company: CompanyDetails): string {
  const { quota } = company;
  return [
    `Name: ${company.name}`,
    `State: ${company.state}`,
    `Domains: ${company.domains.join('; ')}`,
    'Current company quota settings:',
    `  Quota overrides: ${yesNo(quota.warn !== undefined)}`,
    `  Warning level: ${level(quota.warn ?? 0)}`,
    'Current user default quota settings:',
    `  Quota overrides: ${yesNo(quota.users !== undefined)}`,
    `  Warning level: ${level(quota.users?.warn ?? 0)}`,
    `  Soft level: ${level(quota.users?.soft ?? 0)}`,
    `  Hard level: ${level(quota.users?.hard ?? 0)}`,
    table(`View list (${company.viewers.length}):`, 'companyname', 24, company.viewers),
    table(`Admin list (${company.administrators.length}):`, 'Username', 24, company.administrators),
  ].join('\n');
}

export interface ListedStore {
  guid: string;
  kind: string;
  user: string;
  name: string;
  messages: number;
  size: number;
}

export const storeList = (company: string, stores: readonly ListedStore[]): string =>
  table(
    `Store list for ${company} (${stores.length}):`,
    `${'Store guid'.padEnd(34)}${'Type'.padEnd(10)}${'Username'.padEnd(28)}${'Store name'.padEnd(28)}Store size`,
    112,
    stores.map(
      ({ guid, kind, user, name, size }) =>
        `${guid.toUpperCase().padEnd(34)}${kind.padEnd(10)}${user.padEnd(28)}${name.padEnd(28)}${megabytes(size)}`,
    ),
  );

const minute = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

export const queueList = (company: string, messages: readonly OutgoingMessage[]): string =>
  table(
    `Outgoing queue of ${company} (${messages.length}):`,
    `${'Id'.padEnd(34)}${'Submitted'.padEnd(18)}${'Next try'.padEnd(18)}${'Tries'.padEnd(7)}Sender`,
    96,
    messages.flatMap((message) => [
      `${message.id.toString('hex').padEnd(34)}${minute(message.submittedAt).padEnd(18)}${(message.held ? 'set aside' : minute(message.nextTryAt)).padEnd(18)}${String(message.tries).padEnd(7)}${message.sender}`,
      ...message.recipients.map(
        ({ address, state, reply }) => `  ${state.padEnd(9)}${address}${reply === '' ? '' : ` (${reply})`}`,
      ),
      ...(message.lastError === '' ? [] : [`  ${message.lastError}`]),
    ]),
  );

export interface DeletedItems {
  folders: readonly { id: number; name: string; messages: number; deletedAt: number }[];
  messages: readonly { id: string; folderName: string; subject: string; sender: string; deletedAt: number }[];
}

export const deletedList = ({ folders, messages }: DeletedItems): string =>
  [
    table(
      `Deleted folders (${folders.length}):`,
      `${'Number'.padEnd(12)}${'Deleted'.padEnd(18)}${'Messages'.padEnd(10)}Name`,
      64,
      folders.map(
        ({ id, name, messages: count, deletedAt }) =>
          `${String(id).padEnd(12)}${minute(deletedAt).padEnd(18)}${String(count).padEnd(10)}${name}`,
      ),
    ),
    table(
      `Deleted messages (${messages.length}):`,
      `${'Id'.padEnd(34)}${'Deleted'.padEnd(18)}${'Folder'.padEnd(20)}${'From'.padEnd(28)}Subject`,
      110,
      messages.map(
        ({ id, folderName, subject, sender, deletedAt }) =>
          `${id.padEnd(34)}${minute(deletedAt).padEnd(18)}${folderName.padEnd(20)}${sender.padEnd(28)}${subject}`,
      ),
    ),
  ].join('\n\n');
