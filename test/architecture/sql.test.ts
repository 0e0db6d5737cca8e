import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// SQL must run on Aurora MySQL 3 (MySQL 8.0) and on MariaDB 10.11 alike (DESIGN decision 10).

const sources = globSync('shared/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

const NOT_PORTABLE: [string, RegExp][] = [
  ['RETURNING is MariaDB only', /\bRETURNING\b|\.returning\(/],
  ['the row alias of an upsert is MySQL only', /VALUES\s*\([^)]*\)\s+AS\s+new\b/i],
  ['0900 collations are MySQL only', /utf8mb4_0900/],
  ['-> and ->> on JSON are MySQL only', /`\s*->>?\s*'/],
  ['LATERAL is MySQL only', /\bLATERAL\b/],
  ['FOR SHARE is MySQL only', /\bFOR SHARE\b|\.forShare\(/],
  ['sequences are MariaDB only', /\bNEXTVAL\b|CREATE SEQUENCE/],
  ['server-side prepared statements pin RDS Proxy sessions', /\.execute\(\s*['"`]\s*(SELECT|INSERT|UPDATE|DELETE)/i],
];

describe('SQL', () => {
  it.each(NOT_PORTABLE)('%s', (_, pattern) => {
    expect(sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
  });

  it('every table has an explicit engine, character set and collation', () => {
    const migrations = sources.filter(({ file }) => file.includes('/migrations/'));
    const tables = migrations.flatMap(({ text }) => [...text.matchAll(/CREATE TABLE[\s\S]*?\) (\S+)`/g)]);
    expect(tables.length).toBeGreaterThan(8);
    for (const table of tables) expect(table[1]).toBe('${TABLE}');
  });

  it('identifiers in migrations are quoted, since MySQL 8 reserves more words', () => {
    for (const { file, text } of sources.filter(({ file }) => file.includes('/migrations/'))) {
      const columns = [...text.matchAll(/^\s{6}(\S+)/gm)].map((match) => match[1] ?? '');
      const bare = columns.filter((word) => !/^(\\`|PRIMARY|UNIQUE|KEY|CONSTRAINT)/.test(word));
      expect(bare, file).toEqual([]);
    }
  });
});
