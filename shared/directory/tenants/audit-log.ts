import type { Database } from '../../database/database.ts';
import type { TenantId } from '../../store/engine/ids.ts';

/** One line of a tenant's audit trail. */
export interface AuditLine {
  id: number;
  /** Milliseconds since 1970 (UTC). */
  at: number;
  /** The caller: `provider`, or a key by its name and id. */
  actor: string;
  /** What was done, such as `user.create`. */
  action: string;
  /** The object: a login, a domain, a key's id. */
  object: string;
}

const OBJECT_LENGTH = 320;

/** Writes a line within the transaction of the change that it describes. */
export async function audit(tx: Database, tenant: TenantId, line: Omit<AuditLine, 'id'>): Promise<void> {
  await tx
    .insertInto('audit_log')
    // The names of a group and its member together may be longer than the column.
    .values({ tenant_id: tenant, ...line, object: line.object.slice(0, OBJECT_LENGTH) })
    .execute();
}

/** Lines after an id, the oldest first. */
export async function listAudit(db: Database, tenant: TenantId, after: number, limit: number): Promise<AuditLine[]> {
  return db
    .selectFrom('audit_log')
    .select(['id', 'at', 'actor', 'action', 'object'])
    .where('tenant_id', '=', tenant)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();
}
