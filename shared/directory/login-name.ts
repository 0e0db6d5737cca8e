import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import type { Options } from '../platform/options.ts';
import type { TenantId } from '../store/ids.ts';

/** A login or a group's name, taken apart by `loginname_format` (manual 6.2.2). */
export interface LoginName {
  user: string;
  /** Undefined where the format has no %c. */
  company: string | undefined;
}

/** Takes a name apart: `john@exampleorg` by `%u@%c` is john of exampleorg. Undefined when it does not fit the format. */
export function parseLoginName(format: string, name: string): LoginName | undefined {
  const pattern = format
    .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replace('%u', '(?<user>.+)')
    .replace('%c', '(?<company>[^\\s]+)');
  const groups = new RegExp(`^${pattern}$`, 'i').exec(name)?.groups;
  return groups?.user === undefined ? undefined : { user: groups.user, company: groups.company };
}

/** The name of a user's store as other companies see it (`storename_format`, manual 6.2.2). */
export const storeName = (format: string, user: { login: string; fullName: string }, company: string): string =>
  format.replace(/%[ufc]/g, (variable) =>
    variable === '%u' ? user.login : variable === '%f' ? user.fullName : company,
  );

/** Throws BAD_VALUE for a login that does not fit `loginname_format`, or whose company is another one. */
export async function requireLoginName(
  tx: Database,
  tenant: TenantId,
  { loginname_format: format }: Options,
  login: string,
): Promise<void> {
  if (!format.includes('%c')) return;
  const { name } = await tx.selectFrom('tenants').select('name').where('id', '=', tenant).executeTakeFirstOrThrow();
  if (parseLoginName(format, login)?.company?.toLowerCase() !== name.toLowerCase())
    throw new KopanoError('BAD_VALUE', `a login of this company looks like ${format.replace('%c', name)}`);
}
