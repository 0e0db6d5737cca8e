import { type RawBuilder, sql } from 'kysely';
import type { MessageId, Uid } from '../engine/ids.ts';

/** Where a message, or its copy, will stand. */
export interface Placement {
  /** The message that is copied or moved. */
  source: MessageId;
  /** Of the copy; the same for one that is moved. */
  id: MessageId;
  uid: Uid;
  modseq: number;
}

/** Places that one statement carries. */
const BATCH = 500;

/** Places in groups that one statement can carry, each with a table of its rows called `places` (MariaDB and MySQL write VALUES otherwise). */
export function* placementTables(
  places: readonly Placement[],
): Iterable<{ batch: Placement[]; table: RawBuilder<unknown> }> {
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
