import { type RawBuilder, sql } from 'kysely';

/** CASE with a value for each row of one UPDATE, chosen by a column; or the value itself where all are equal. */
export function caseExpression(column: string, values: ReadonlyMap<number | Buffer, number>): RawBuilder<number> {
  const [first = 0] = values.values();
  if ([...values.values()].every((value) => value === first)) return sql<number>`${first}`;
  return sql<number>`CASE ${sql.ref(column)} ${sql.join(
    [...values].map(([key, value]) => sql`WHEN ${key} THEN ${value}`),
    sql` `,
  )} END`;
}
