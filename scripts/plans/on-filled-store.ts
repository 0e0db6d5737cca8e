import type { FilledStore } from './filled-store.ts';
import { LITERAL } from './statements.ts';

/** Values of the filled store that replace the values of a statement. */
export interface Names {
  store: FilledStore;
  storeGuid: Buffer;
  folderGuid: Buffer;
  userGuid: Buffer;
  subtree: number;
  /** The last change of the store. */
  lastChange: number;
}

const hex = (bytes: Buffer): string => `X'${bytes.toString('hex')}'`;

/** Ids that the copies have, from 1 on. */
const messageId = (i: number): string => `X'${i.toString(16).padStart(32, '0')}'`;

/** The object that a column `id` identifies, by table. */
const ID_OF: Record<string, (names: Names, i: number) => string> = {
  stores: ({ store }) => String(store.store),
  folders: ({ store }) => String(store.inbox),
  users: ({ store }) => String(store.user),
  tenants: ({ store }) => String(store.tenant),
  messages: (_, i) => messageId(i),
  message_contents: (_, i) => messageId(i),
};

const GUID_OF: Record<string, (names: Names) => string> = {
  stores: ({ storeGuid }) => hex(storeGuid),
  folders: ({ folderGuid }) => hex(folderGuid),
  users: ({ userGuid }) => hex(userGuid),
};

/** Values of columns by their names alone. */
const VALUE_OF: Record<string, (names: Names, i: number) => string> = {
  tenant_id: ({ store }) => String(store.tenant),
  store_id: ({ store }) => String(store.store),
  folder_id: ({ store }) => String(store.inbox),
  inbox_folder_id: ({ store }) => String(store.inbox),
  parent_id: ({ subtree }) => String(subtree),
  user_id: ({ store }) => String(store.user),
  archive_user_id: ({ store }) => String(store.user),
  member_id: ({ store }) => String(store.user),
  delegate_id: ({ store }) => String(store.user),
  login: ({ store }) => `'${store.login}'`,
  email: ({ store }) => `'${store.login}'`,
  address: ({ store }) => `'${store.login}'`,
  message_id: (_, i) => messageId(i),
  uid: (_, i) => String(i + 1),
  arrival_uid: (_, i) => String(i + 1),
};

const NAME =
  /(?:`(\w+)`\.)?`(\w+)` (=|in|>|>=) (\((?:[^()']|'(?:[^'\\]|\\.|'')*')*\)|X'[0-9a-fA-F]*'|'(?:[^'\\]|\\.|'')*'|\d+)/g;

/**
 * A statement with the names of a filled store in the place of its own: the same tenant, store, folder and user everywhere, and as many
 * messages as it named. Values that it sets or compares otherwise stay.
 */
export function onFilledStore(statement: string, names: Names): string {
  const [, main = ''] = /\b(?:from|update|into) `(\w+)`/i.exec(statement) ?? [];
  return statement.replace(NAME, (all, table: string | undefined, column: string, operator: string, values: string) => {
    // Changes after one are those at the end: how many there are is how many are asked for.
    if (operator.startsWith('>')) return column === 'seq' ? all.replace(values, String(names.lastChange - 50)) : all;
    const of = VALUE_OF[column] ?? (column === 'id' ? ID_OF : column === 'guid' ? GUID_OF : {})[table ?? main];
    if (!of || /\bselect\b/i.test(values)) return all;
    const prefix = all.slice(0, all.length - values.length);
    if (operator === '=') return prefix + of(names, 1);
    const count = values.match(LITERAL)?.length ?? 0;
    return `${prefix}(${[...new Set(Array.from({ length: count }, (_, i) => of(names, i + 1)))].join(', ')})`;
  });
}
