import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../../shared/database/migrations.ts';

test('migrations are numbered from 1, in order and without a gap', () => {
  expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, i) => i + 1));
});

// Earlier migrations have run on existing databases already.
const FIRST_OF_ONE_CLAUSE = 12;

test.each(MIGRATIONS.filter(({ number }) => number >= FIRST_OF_ONE_CLAUSE))(
  'migration $number ($name) alters with one clause a statement, so that one that is done keeps none from being made',
  ({ statements }) => {
    const several = statements.filter(
      (statement) =>
        /^\s*ALTER\b/i.test(statement) && (statement.match(/\b(?:ADD|DROP|MODIFY|CHANGE|RENAME)\b/gi) ?? []).length > 1,
    );
    expect(several).toEqual([]);
  },
);
