import type { Database } from '../../database/database.ts';
import { type HeaderField, parseHeaderFields } from '../../mime/header-fields.ts';
import { searchableText, sentDay } from '../../protocol/imap/search-fields.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { type SearchRow, searchRows } from './message-list.ts';

/** Header fields (lower case) whose texts are kept. */
export const HEADER_COLUMNS = ['subject', 'from', 'to', 'cc', 'bcc', 'message-id'] as const;

export type HeaderColumn = (typeof HEADER_COLUMNS)[number];

/** Times are milliseconds since 1970 (UTC), days those since 1970, sizes bytes. */
export type NumberColumn = 'sentDay' | 'receivedAt' | 'savedAt' | 'size';

export type ColumnName = HeaderColumn | NumberColumn;

/** Null: the message has no such value. Undefined: the row does not have it, or there is no such message. */
export type ColumnValue = string | number | null | undefined;

/** Gives the value of a column that was read. */
export type ColumnReader = (uid: Uid, name: ColumnName) => ColumnValue;

/** Bytes that the columns of all folders may take in a process, about. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Bytes that a value takes beside its characters. */
const VALUE_BYTES = 56;

interface Column {
  key: string;
  values: Map<Uid, ColumnValue>;
  bytes: number;
}

/**
 * Caches the values that searches compare: texts of header fields, ready to be compared, and numbers of rows. A message never changes under its
 * uid, so a value that was read once stays valid; a second search of a folder reads only messages that came since. The least recently used
 * columns are dropped first.
 */
export class SearchColumnCache {
  /** The least lately used first. */
  private readonly columns = new Map<string, Column>();
  private bytes = 0;
  private readonly db: Database;
  private readonly maxBytes: number;

  constructor(db: Database, maxBytes = MAX_BYTES) {
    this.db = db;
    this.maxBytes = maxBytes;
  }

  /** Reads some columns of messages of a folder; `uids` in ascending order, a few thousand at most. */
  async read(
    ref: StoreRef,
    folder: FolderId,
    uids: readonly Uid[],
    names: readonly ColumnName[],
  ): Promise<ColumnReader> {
    const columns = new Map(names.map((name) => [name, this.column(folder, name)]));
    const missing = uids.filter((uid) => [...columns.values()].some(({ values }) => !values.has(uid)));
    const options = { header: names.some(isOfHeader) };
    for await (const rows of searchRows(this.db, ref, folder, missing, options))
      for (const row of rows) {
        const fields = row.header ? parseHeaderFields(row.header) : undefined;
        for (const [name, column] of columns) this.put(column, row.uid, columnValue(name, row, fields));
      }
    this.makeRoom();
    return (uid, name) => columns.get(name)?.values.get(uid);
  }

  /** Bytes in the cache, about. */
  get size(): number {
    return this.bytes;
  }

  private column(folder: FolderId, name: ColumnName): Column {
    const key = `${folder} ${name}`;
    const column = this.columns.get(key) ?? { key, values: new Map<Uid, ColumnValue>(), bytes: 0 };
    this.columns.delete(key);
    this.columns.set(key, column);
    return column;
  }

  private put(column: Column, uid: Uid, value: ColumnValue): void {
    if (column.values.has(uid)) return;
    column.values.set(uid, value);
    // A column that was dropped meanwhile belongs to its reader alone and is not counted.
    if (this.columns.get(column.key) !== column) return;
    const bytes = VALUE_BYTES + (typeof value === 'string' ? value.length : 0);
    column.bytes += bytes;
    this.bytes += bytes;
  }

  private makeRoom(): void {
    for (const [key, { bytes }] of this.columns) {
      if (this.bytes <= this.maxBytes) return;
      this.columns.delete(key);
      this.bytes -= bytes;
    }
  }
}

const isOfHeader = (name: ColumnName): boolean =>
  name === 'sentDay' || HEADER_COLUMNS.some((column) => column === name);

function columnValue(name: ColumnName, row: SearchRow, fields: readonly HeaderField[] | undefined): ColumnValue {
  switch (name) {
    case 'receivedAt':
    case 'savedAt':
    case 'size':
      return row[name];
    case 'sentDay':
      return fields && (sentDay(fields) ?? null);
    default:
      return fields && (searchableText(fields, name) ?? null);
  }
}
