import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';

/** Characters of a login that are kept in its new form; the column has 255. */
const LOGIN_LENGTH = 230;
const NAME_LENGTH = 150;

/**
 * Releases the names of a deleted tenant for a new one: its own, its domains, its addresses and its logins. Its stores
 * and users stay until its grace period is over, under names with a `~`. Does nothing to a tenant that is not deleted.
 */
export async function releaseNames(tx: Database, name: string): Promise<void> {
  const old = await tx
    .selectFrom('tenants')
    .select(['id', 'guid'])
    .where('name', '=', name)
    .where('state', 'in', ['deleting', 'removing'])
    .forUpdate()
    .executeTakeFirst();
  if (!old) return;
  const mark = `~${old.guid.toString('hex').slice(-8)}`;
  await tx
    .updateTable('tenants')
    .set({ name: `${name.slice(0, NAME_LENGTH)}${mark}` })
    .where('id', '=', old.id)
    .execute();
  // The new login contains the user's id, since two long logins may have the same beginning.
  await tx
    .updateTable('users')
    .set({ login: sql`CONCAT(LEFT(\`login\`, ${LOGIN_LENGTH}), '~', \`id\`)` })
    .where('tenant_id', '=', old.id)
    .execute();
  for (const table of ['addresses', 'dkim_keys', 'domain_claims', 'domains'] as const)
    await tx.deleteFrom(table).where('tenant_id', '=', old.id).execute();
}
