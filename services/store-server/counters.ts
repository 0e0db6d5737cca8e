import type { Logger } from 'kysely';

/** What a task counts from its start, by the names under which `kopano-stats --system` shows it. */
export type CounterName =
  | 'connections'
  | 'redirections'
  | 'soap_request'
  | 'processing_time'
  | 'mwops'
  | 'mrops'
  | `login_${'password' | 'ssl' | 'unix' | 'failed'}`
  | `sessions_${'created' | 'deleted' | 'timeout'}`
  | `sql_${Statement}${'' | '_fail'}`
  | 'sql_last_fail_time'
  | 'cache_purge_date';

type Statement = 'select' | 'insert' | 'update' | 'delete';

export class Counters {
  private readonly counts = new Map<CounterName, number>();

  /** How often, or how many seconds; 0 where nothing was counted. */
  of(name: CounterName): number {
    return this.counts.get(name) ?? 0;
  }

  add(name: CounterName, by = 1): void {
    this.counts.set(name, this.of(name) + by);
  }

  /** Keeps a time; milliseconds since 1970 (UTC). */
  mark(name: 'sql_last_fail_time' | 'cache_purge_date', at: number): void {
    this.counts.set(name, at);
  }
}

/** Counts the statements that are sent to a database, by their first word. */
export function statementCounter(counters: Counters, clock: () => number): Logger {
  return ({ level, query }) => {
    const found = /^\s*(?:START TRANSACTION;\s*)?(select|insert|update|delete)\b/i.exec(query.sql.slice(0, 64));
    if (level === 'error') counters.mark('sql_last_fail_time', clock());
    if (!found) return;
    const statement = found[1]?.toLowerCase() as Statement;
    counters.add(level === 'error' ? `sql_${statement}_fail` : `sql_${statement}`);
  };
}
