import type { Database } from '../../database/database.ts';
import type { TenantId } from '../../store/engine/ids.ts';

/** One line of a tenant's audit trail. */
export interface AuditLine {
  id: number;
  /** Milliseconds since 1970 (UTC). */
  at: number;
  /** Who did it: `provider`, or a key by its name and id. */
  actor: string;
  /** What was done, such as `user.create`. */
  action: string;
  /** To what: a login, a domain, a key's id. */
  object: string;
}

const OBJECT_LENGTH = 320;

/** Writes a line within the transaction that does what it says. */
export async function audit(tx: Database, tenant: TenantId, line: Omit<AuditLine, 'id'>): Promise<void> {
  await tx
    .insertInto('audit_log')
    // The names of a group and of what goes into it may be longer together than the column is.
    .values({ tenant_id: tenant, ...line, object: line.object.slice(0, OBJECT_LENGTH) })
    .execute();
}

/** Lines after a number, oldest first. */
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
