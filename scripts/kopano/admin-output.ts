import type { Tenant } from '../../shared/directory/tenants.ts';
import type { User } from '../../shared/directory/users.ts';
import type { Options } from '../../shared/platform/options.ts';

// The layout of kopano-admin's output (manual 8.2).

export const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MB`;

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

export function userList(company: string, users: readonly User[]): string {
  const rows = users.map((user) => `\t${user.login.padEnd(28)}${user.fullName}`);
  return [
    `User list for ${company} (${users.length}):`,
    `\t${'Username'.padEnd(28)}Fullname`,
    `\t${'-'.repeat(48)}`,
    ...rows,
  ].join('\n');
}

export function userDetails(user: User, storeGuid: string, features: readonly string[], options: Options): string {
  const quota = user.quota ?? { warn: options.quota_warn, soft: options.quota_soft, hard: options.quota_hard };
  const level = (bytes: number) => (bytes === 0 ? 'unlimited' : megabytes(bytes));
  return [
    `Name: ${user.login}`,
    `Full name: ${user.fullName}`,
    `Email address: ${user.email}`,
    ...(user.aliases.length > 0 ? [`Aliases: ${user.aliases.join('; ')}`] : []),
    `Active: ${yesNo(user.active)}`,
    `Administrator: ${user.adminLevel === 0 ? 'no' : user.adminLevel === 1 ? 'yes' : 'yes (system)'}`,
    `Features: ${features.join('; ')}`,
    `Store: ${storeGuid.toUpperCase()}`,
    `Store size: ${megabytes(user.size)}`,
    'Current user store quota settings:',
    `  Quota overrides: ${yesNo(user.quota !== undefined)}`,
    `  Warning level: ${level(quota.warn)}`,
    `  Soft level: ${level(quota.soft)}`,
    `  Hard level: ${level(quota.hard)}`,
  ].join('\n');
}

export function orphanList(orphans: readonly { guid: string; formerLogin: string; size: number }[]): string {
  const rows = orphans.map(
    ({ guid, formerLogin, size }) =>
      `  ${guid.toUpperCase().padEnd(34)}${formerLogin.padEnd(30)}${Math.ceil(size / 1024)}KB`,
  );
  return [
    'Stores without users:',
    `  ${'Store guid'.padEnd(34)}${'Guessed username'.padEnd(30)}Store size`,
    `  ${'-'.repeat(72)}`,
    ...rows,
  ].join('\n');
}

export function companyList(tenants: readonly Tenant[]): string {
  return [
    `Company list (${tenants.length}):`,
    '\tcompanyname',
    `\t${'-'.repeat(24)}`,
    ...tenants.map((tenant) => `\t${tenant.name}${tenant.state === 'active' ? '' : ` (${tenant.state})`}`),
  ].join('\n');
}
