import { type RawBuilder, sql } from 'kysely';
import type { Options } from '../../platform/options.ts';

/** Levels of a quota in bytes; 0 is no limit (manual 5.7). */
export interface QuotaLevels {
  warn: number;
  soft: number;
  hard: number;
}

export type QuotaLevel = keyof QuotaLevels;

/** The columns that decide a user's levels (manual 6.2.5), of `users` joined with `tenants`. */
export const QUOTA_COLUMNS = [
  'users.quota_override',
  'users.quota_warn',
  'users.quota_soft',
  'users.quota_hard',
  'tenants.user_quota_override',
  'tenants.user_quota_warn',
  'tenants.user_quota_soft',
  'tenants.user_quota_hard',
] as const;

export interface QuotaRow {
  quota_override: number;
  quota_warn: number;
  quota_soft: number;
  quota_hard: number;
  user_quota_override: number;
  user_quota_warn: number;
  user_quota_soft: number;
  user_quota_hard: number;
}

/** Manual 6.2.5: the user's own levels, else the tenant's default for its users, else the configured ones. */
export function effectiveQuota(row: QuotaRow, options: Options): QuotaLevels {
  if (row.quota_override === 1) return { warn: row.quota_warn, soft: row.quota_soft, hard: row.quota_hard };
  if (row.user_quota_override === 1)
    return { warn: row.user_quota_warn, soft: row.user_quota_soft, hard: row.user_quota_hard };
  return { warn: options.quota_warn, soft: options.quota_soft, hard: options.quota_hard };
}

/** The same as SQL, over `users` joined with `tenants`. */
export function effectiveQuotaSql(level: QuotaLevel, options: Options): RawBuilder<number> {
  const configured = { warn: options.quota_warn, soft: options.quota_soft, hard: options.quota_hard }[level];
  return sql<number>`CASE
    WHEN ${sql.ref('users.quota_override')} = 1 THEN ${sql.ref(`users.quota_${level}`)}
    WHEN ${sql.ref('tenants.user_quota_override')} = 1 THEN ${sql.ref(`tenants.user_quota_${level}`)}
    ELSE ${configured} END`;
}
