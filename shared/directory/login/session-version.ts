import { sql } from 'kysely';
import { signalAccount } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import type { Raising } from '../../database/schema.ts';
import type { TenantId } from '../../store/engine/ids.ts';

/** The versions of account and tenant with which a session began. */
export interface SessionVersion {
  account: number;
  tenant: number;
}

type Raised<Columns> = { [Name in keyof Columns]: Raising<Columns[Name]> } & { session_version: Raising<number> };

/** The columns with the next version: the types of the schema take columns that open sessions depend on in no other form. */
const raised = <Columns extends object>(columns: Columns): Raised<Columns> =>
  ({ ...columns, session_version: sql<number>`\`session_version\` + 1` }) as unknown as Raised<Columns>;

/** Columns of a user with the version raised: open sessions of the user end once this is committed. */
export function endingUserSessions<Columns extends object>(
  tx: Database,
  user: number,
  columns: Columns,
): Raised<Columns> {
  signalAccount(tx, `u${user}`);
  return raised(columns);
}

/** Columns of a tenant with the version raised: open sessions of all its users end once this is committed. */
export function endingTenantSessions<Columns extends object>(
  tx: Database,
  tenant: TenantId,
  columns: Columns,
): Raised<Columns> {
  signalAccount(tx, `t${tenant}`);
  return raised(columns);
}

/** Ends the open sessions of a user without changing the user. User ids are unique over all tenants. */
export async function endUserSessions(tx: Database, user: number): Promise<void> {
  await tx
    .updateTable('users')
    .set(endingUserSessions(tx, user, {}))
    .where('id', '=', user)
    .execute();
}
