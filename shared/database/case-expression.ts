import { type RawBuilder, sql } from 'kysely';

/** A value for each row of one UPDATE, by a column that tells the rows apart; or the one value where all are equal. */
export function caseExpression(column: string, values: ReadonlyMap<number | Buffer, number>): RawBuilder<number> {
  const [first = 0] = values.values();
  if ([...values.values()].every((value) => value === first)) return sql<number>`${first}`;
  return sql<number>`CASE ${sql.ref(column)} ${sql.join(
    [...values].map(([key, value]) => sql`WHEN ${key} THEN ${value}`),
    sql` `,
  )} END`;
}
