import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// SQL must run on Aurora MySQL 3 (MySQL 8.0) and on MariaDB 10.11 alike (DESIGN decision 10).

const sources = globSync('{shared,services}/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

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
      const bare = columns.filter((word) => !/^(\\`|PRIMARY|UNIQUE|KEY|CONSTRAINT|ADD$|DROP$|MODIFY$)/.test(word));
      expect(bare, file).toEqual([]);
    }
  });
});

describe('statements', () => {
  it('stand in store, directory, blobs and database alone', () => {
    const outside = globSync('{shared,services,functions}/**/*.ts').filter(
      (file) => !/^shared\/(store|directory|blobs|database)\//.test(file),
    );
    const found = outside.filter((file) =>
      /\.(selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql(<[^>]*>)?`/.test(readFileSync(file, 'utf8')),
    );
    expect(outside.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });
});

describe('locks of stores', () => {
  it('every statement that changes or locks stores names them by storesByPrimaryKey (docs/decisions/0001-store-locking.md)', () => {
    const found = sources.filter(
      ({ text }) => text.includes("updateTable('stores')") || /selectFrom\('stores'\)[^;]*\.forUpdate\(/.test(text),
    );
    expect(found.map(({ file }) => file)).toEqual([]);
  });
});

describe('the tenant is part of every query', () => {
  const OWNED = [
    'users',
    'addresses',
    'stores',
    'folders',
    'messages',
    'message_contents',
    'changes',
    'api_keys',
    'audit_log',
    'domains',
    'domain_claims',
    'outgoing_queue',
    'dkim_keys',
    'groups',
    'group_members',
    'send_as',
    'company_viewers',
    'company_admins',
    'quota_recipients',
    'named_properties',
    'acls',
    'receive_folders',
    'search_results',
    'syncs',
  ];

  /** Statements that must look beyond one tenant, each with its reason; the number is how many the file may have. */
  const EXCEPTIONS: Record<string, [count: number, reason: string]> = {
    'shared/directory/sources/db-source.ts': [1, 'a domain says whether it is hosted; a login finds its tenant'],
    'shared/directory/sources/recipients.ts': [1, 'an address finds its tenant'],
    'shared/directory/entries/address-book-search.ts': [
      1,
      'an address book shows the tenants that let the caller see them',
    ],
    'shared/directory/entries/tenant-grants.ts': [1, 'the administrators of the system name a user of any tenant'],
    'shared/directory/entries/entries.ts': [
      4,
      'the administrators of the system see all tenants, and administer tenants other than their own',
    ],
    'shared/directory/login/session-version.ts': [
      1,
      'the sessions of a user end, also when the user administers another tenant',
    ],
    'shared/directory/tenants/tenants.ts': [1, 'a domain finds its tenant'],
    'shared/directory/entries/users.ts': [1, 'a deleted user no longer administers other tenants'],
    'shared/store/stores/stores.ts': [1, 'the administrators of the system open stores of all tenants'],
    'shared/store/messages/source-key-lookup.ts': [1, 'the administrators of the system find folders of all tenants'],
    'shared/store/upkeep/remove-store.ts': [1, 'the purge looks at all tenants for stores that are due'],
    'shared/directory/tenants/api-keys.ts': [1, 'a key says whose it is'],
    'shared/directory/tenants/domain-claims.ts': [
      4,
      'a domain is one tenant’s alone, with what is above and below it; the hourly check looks at all claims',
    ],
    'shared/directory/quota/over-quota.ts': [1, 'the quota monitor looks at all tenants; its joins keep them apart'],
    'shared/store/engine/change-listener.ts': [1, 'change numbers of the stores that sessions watch; no data'],
    'shared/store/upkeep/fsck.ts': [1, 'the check of the whole database begins with the list of stores'],
    'shared/store/outgoing/outgoing-queue.ts': [
      1,
      'the sweeper begins with the list of tenants that have mail to send',
    ],
    'shared/store/upkeep/purge.ts': [1, 'the purge looks at all tenants for what is due'],
  };

  it('except where a statement finds the tenant, or maintains all of them', () => {
    const found: Record<string, number> = {};
    let statements = 0;
    for (const { file, text } of sources) {
      for (const match of text.matchAll(
        /\.(selectFrom|updateTable|deleteFrom|insertInto)\((?:'(\w+)'|storesByPrimaryKey)\)/g,
      )) {
        if (!OWNED.includes(match[2] ?? 'stores')) continue;
        statements++;
        const rest = text.slice(match.index);
        const statement = rest.slice(0, rest.search(/\.execute|;\n/));
        // An insert names the tenant in its row, which a spread or a variable may hide; the column has no default, so it cannot be left out.
        if (match[1] === 'insertInto' || /tenant_id'?,? *'?=|'(\w+\.)?tenant_id', '='/.test(statement)) continue;
        if (/'tenant_id', 'in'/.test(statement) && !statement.includes("'all'")) continue;
        found[file] = (found[file] ?? 0) + 1;
      }
    }
    expect(statements).toBeGreaterThan(50);
    expect(found).toEqual(Object.fromEntries(Object.entries(EXCEPTIONS).map(([file, [count]]) => [file, count])));
  });
});
