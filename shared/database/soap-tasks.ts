import type { Database } from './database.ts';

/** A task of the store server in the table of tasks. */
export interface TaskRow {
  id: number;
  /** Host and port. */
  address: string;
  secret: Buffer;
  /** Milliseconds since 1970 (UTC). */
  expires_at: number;
}

/** Writes a task or renews its entry, and removes the entries that have expired. */
export async function writeTask(db: Database, { id, ...row }: TaskRow, now: number): Promise<void> {
  await db.deleteFrom('soap_tasks').where('expires_at', '<', now).execute();
  await db
    .insertInto('soap_tasks')
    .values({ id, ...row })
    .onDuplicateKeyUpdate(row)
    .execute();
}

/** Removes a task. */
export async function removeTask(db: Database, id: number): Promise<void> {
  await db.deleteFrom('soap_tasks').where('id', '=', id).execute();
}

/** All tasks but one. A task of the previous version has no secret and is left out: nobody else can tell its sessions. */
export async function otherTasks(db: Database, id: number): Promise<TaskRow[]> {
  const rows = await db.selectFrom('soap_tasks').selectAll().where('id', '!=', id).execute();
  return rows.flatMap(({ secret, ...row }) => (secret ? [{ ...row, secret }] : []));
}
