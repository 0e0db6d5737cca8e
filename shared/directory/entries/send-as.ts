import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { lockTenant } from '../tenants/tenants.ts';
import { userId } from './user-id.ts';

/** Lets a delegate send in the name of a user (manual 8.3.5). Throws NOT_FOUND, and COLLISION when the delegate may already. */
export async function addSendAs(tx: Database, tenant: TenantId, login: string, delegate: string): Promise<void> {
  await lockTenant(tx, tenant);
  const [user, other] = await pair(tx, tenant, login, delegate);
  if (user === other) throw new PamojaError('BAD_VALUE', 'everybody sends in their own name');
  await collisionIfTaken(
    'the delegate may do so already',
    tx.insertInto('send_as').values({ tenant_id: tenant, user_id: user, delegate_id: other }).execute(),
  );
}

/** Ends that. Throws NOT_FOUND when the delegate may not send so. */
export async function removeSendAs(tx: Database, tenant: TenantId, login: string, delegate: string): Promise<void> {
  await lockTenant(tx, tenant);
  const [user, other] = await pair(tx, tenant, login, delegate);
  const result = await tx
    .deleteFrom('send_as')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .where('delegate_id', '=', other)
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such delegate');
}

/** Logins of the delegates who may send in the name of a user. Throws NOT_FOUND. */
export async function listSendAs(db: Database, tenant: TenantId, login: string): Promise<string[]> {
  const user = await userId(db, tenant, login);
  const rows = await db
    .selectFrom('send_as')
    .innerJoin('users', (join) =>
      join.onRef('users.tenant_id', '=', 'send_as.tenant_id').onRef('users.id', '=', 'send_as.delegate_id'),
    )
    .select('users.login')
    .where('send_as.tenant_id', '=', tenant)
    .where('send_as.user_id', '=', user)
    .orderBy('users.login')
    .execute();
  return rows.map((row) => row.login);
}

/** Removes a user who is being deleted as a delegate, and the user's own delegates. */
export async function forgetDelegates(tx: Database, tenant: TenantId, user: UserId): Promise<void> {
  // Two statements, since each uses its own index.
  for (const column of ['user_id', 'delegate_id'] as const)
    await tx.deleteFrom('send_as').where('tenant_id', '=', tenant).where(column, '=', user).execute();
}

const pair = async (tx: Database, tenant: TenantId, login: string, delegate: string): Promise<[UserId, UserId]> => [
  await userId(tx, tenant, login),
  await userId(tx, tenant, delegate),
];
