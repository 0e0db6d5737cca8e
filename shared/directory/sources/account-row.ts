import type { Database } from '../../database/database.ts';
import { asPamojaError } from '../../database/transaction.ts';
import type { Options } from '../../platform/options.ts';
import type { StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import { canonicalAddress } from '../entries/addresses.ts';
import { featureNames, userFeatures } from '../entries/features.ts';
import { effectiveQuota, QUOTA_COLUMNS } from '../quota/quota-levels.ts';
import type { Account } from './directory-source.ts';

export type AccountRow = NonNullable<Awaited<ReturnType<typeof accountRow>>>;

/** The row of a login with its secrets. Logins are unique over all tenants, so that one query finds user and tenant. */
export const accountRow = (db: Database, login: string) =>
  db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select(['users.id', 'users.tenant_id', 'users.login', 'users.full_name', 'users.password_hash', 'users.active'])
    .select(['users.scram', 'users.session_version', 'tenants.session_version as tenant_version'])
    .select(['tenants.state', 'stores.id as store_id', 'users.features_on', 'users.features_off'])
    .select(QUOTA_COLUMNS)
    .where('users.login', '=', canonicalAddress(login))
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw asPamojaError(error);
    });

/** The account of a row; undefined for an inactive user and one of a suspended tenant. */
export function accountOf(row: AccountRow | undefined, options: Options): Account | undefined {
  if (row?.active !== 1 || row.state !== 'active') return undefined;
  return {
    tenant: row.tenant_id as TenantId,
    user: row.id as UserId,
    store: row.store_id as StoreId,
    login: row.login,
    fullName: row.full_name,
    hardQuota: effectiveQuota(row, options).hard,
    version: { account: row.session_version, tenant: row.tenant_version },
    features: userFeatures(featureNames(row.features_on), featureNames(row.features_off), options),
  };
}
