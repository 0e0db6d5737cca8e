import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import type { QuotaLevels } from '../quota/quota-levels.ts';
import type { TenantLimits } from './tenants.ts';

/** Throws UNABLE_TO_COMPLETE when the tenant's limits allow no further user, or none with that quota. */
export async function requireRoom(
  tx: Database,
  tenant: TenantId,
  limits: TenantLimits,
  quota: QuotaLevels | undefined,
): Promise<void> {
  const { count } = await tx
    .selectFrom('users')
    .select((query) => query.fn.countAll<string | number>().as('count'))
    .where('tenant_id', '=', tenant)
    .executeTakeFirstOrThrow();
  if (limits.users > 0 && Number(count) >= limits.users)
    throw new PamojaError('UNABLE_TO_COMPLETE', `the tenant may have ${limits.users} mailboxes`);
  await requireBytes(tx, tenant, limits, quota, undefined);
}

/** Where a tenant's bytes are limited, each user needs a hard quota, and their sum must stay within the limit. */
export async function requireBytes(
  tx: Database,
  tenant: TenantId,
  limits: TenantLimits,
  quota: QuotaLevels | undefined,
  except: UserId | undefined,
): Promise<void> {
  if (limits.bytes === 0) return;
  if (!quota || quota.hard === 0)
    throw new PamojaError('UNABLE_TO_COMPLETE', 'the space of this tenant is limited: the mailbox needs a hard quota');
  const { sum } = await tx
    .selectFrom('users')
    .select((query) => query.fn.sum<string | null>('quota_hard').as('sum'))
    .where('tenant_id', '=', tenant)
    .$if(except !== undefined, (query) => query.where('id', '!=', except ?? 0))
    .executeTakeFirstOrThrow();
  if (Number(sum ?? 0) + quota.hard > limits.bytes)
    throw new PamojaError('UNABLE_TO_COMPLETE', `the tenant may have ${limits.bytes} bytes in all`);
}
