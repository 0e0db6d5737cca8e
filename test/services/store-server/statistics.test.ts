import { CompiledQuery } from 'kysely';
import { expect, it } from 'vitest';
import { Counters, statementCounter } from '../../../services/store-server/counters.ts';
import { ctime } from '../../../services/store-server/statistics.ts';

it('times are written as by ctime(3), and left empty when unknown', () => {
  expect(ctime(Date.UTC(2026, 10, 21, 6, 13, 30))).toBe('Sat Nov 21 06:13:30 2026');
  expect(ctime(Date.UTC(2026, 10, 1))).toBe('Sun Nov  1 00:00:00 2026');
  expect(ctime(0)).toBe('');
});

it('statements are counted by kind, failed ones separately', () => {
  const counters = new Counters();
  const log = statementCounter(counters, () => 7);
  const told = (level: 'query' | 'error', sql: string) =>
    log({ level, query: CompiledQuery.raw(sql), queryDurationMillis: 1, error: undefined });
  told('query', 'select 1');
  told('query', 'START TRANSACTION;\nselect `id` from `stores` for update');
  told('query', 'insert into `x` values (1)');
  told('query', 'COMMIT');
  told('error', 'update `x` set `y` = 1');
  expect(
    (['select', 'insert', 'update', 'update_fail', 'delete'] as const).map((name) => counters.of(`sql_${name}`)),
  ).toEqual([2, 1, 0, 1, 0]);
  expect(counters.of('sql_last_fail_time')).toBe(7);
});
