import { type RawBuilder, sql } from 'kysely';
import type { MessageId, Uid } from '../engine/ids.ts';

/** The uid that a message, or its copy, gets in the folder that it is moved or copied to. */
export interface UidAssignment {
  /** The message that is copied or moved. */
  source: MessageId;
  /** The id of the copy; the same as `source` for a message that is moved. */
  id: MessageId;
  uid: Uid;
  modseq: number;
}

/** Assignments in one statement. */
const BATCH = 500;

/** Groups assignments for one statement each, with a derived table of them called `places` (MariaDB and MySQL differ in the syntax of VALUES). */
export function* assignmentTables(
  places: readonly UidAssignment[],
): Iterable<{ batch: UidAssignment[]; table: RawBuilder<unknown> }> {
  for (let i = 0; i < places.length; i += BATCH) {
    const batch = places.slice(i, i + BATCH);
    const [first, ...rest] = batch.map(
      ({ source, id, uid, modseq }) => [source, id, sql.lit(Number(uid)), sql.lit(modseq)] as const,
    );
    if (!first) return;
    const [source, id, uid, modseq] = first;
    const rows = [
      sql`SELECT ${source} AS \`source\`, ${id} AS \`id\`, ${uid} AS \`uid\`, ${modseq} AS \`modseq\``,
      ...rest.map((row) => sql`SELECT ${sql.join([...row])}`),
    ];
    yield { batch, table: sql`(${sql.join(rows, sql` UNION ALL `)}) AS \`places\`` };
  }
}
