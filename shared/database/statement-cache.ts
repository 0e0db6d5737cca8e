import { isDeepStrictEqual } from 'node:util';
import { CompiledQuery } from 'kysely';
import type { Database } from './database.ts';

/** A statement that can be executed, or sent together with others. */
export interface Statement<Row> {
  compile(): CompiledQuery<Row>;
  execute(): Promise<Row[]>;
}

/** Kinds of one statement that the cache holds. */
const MAX_KINDS = 200;

/**
 * Caches the text of a statement that is executed all the time: building it costs as much as executing it. `kind` names the variant of the
 * text. `parameters` are in the order of the text; for the first of each kind they are compared with those of the builder.
 */
export class StatementCache<Row> {
  private readonly texts = new Map<string | number, string>();

  of(
    db: Pick<Database, 'executeQuery'>,
    kind: string | number,
    parameters: readonly unknown[],
    build: () => { compile(): CompiledQuery<Row> },
  ): Statement<Row> {
    const compile = () =>
      CompiledQuery.raw(this.textOf(kind, parameters, build), [...parameters]) as CompiledQuery<Row>;
    return { compile, execute: async () => (await db.executeQuery<Row>(compile())).rows };
  }

  private textOf(
    kind: string | number,
    parameters: readonly unknown[],
    build: () => { compile(): CompiledQuery<Row> },
  ): string {
    const known = this.texts.get(kind);
    if (known !== undefined) return known;
    const made = build().compile();
    if (!isDeepStrictEqual(made.parameters, parameters)) throw new Error(`other parameters than those of ${made.sql}`);
    if (this.texts.size < MAX_KINDS) this.texts.set(kind, made.sql);
    return made.sql;
  }
}
