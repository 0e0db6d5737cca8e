import type { PropertyValue } from '../../../shared/mapi/property.ts';
import type { PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../../shared/mapi/restriction.ts';
import type { Restrictable } from '../../../shared/mapi/restriction-matcher.ts';
import type { SortOrder } from '../../../shared/mapi/sort-order.ts';

/** A row that a table can show. */
export interface Row extends Restrictable {
  /** Identifies the row within its table (PR_INSTANCE_KEY). */
  key: Buffer;
  /** The tag with the type of the stored value, for a tag without a type (PT_UNSPECIFIED). */
  tagOf?(tag: PropertyTag): PropertyTag | undefined;
  /** The value that the row is sorted by, where it differs from the property's value. */
  sortValue?(tag: PropertyTag): PropertyValue | undefined;
}

/** Reads the rows of a table. */
export interface RowSource {
  /** Columns of a table whose client asked for none. */
  columns: readonly PropertyTag[];
  /** All columns that a client can ask for, where they differ from `columns`. */
  offered?: readonly PropertyTag[];
  /** Checks that the rows may be read. Throws when they may not. */
  requireReady?(): Promise<void>;
  /** All rows, the oldest first, opened as far as the values of `tags` need it. */
  rows(tags: readonly PropertyTag[]): Promise<Row[]>;
  /** Without a sort order the table shows its rows in reverse. */
  newestFirst?: boolean;
  /** Reads the rows that match a restriction page by page; undefined where the store cannot read them in that order. */
  pages?(
    orders: readonly SortOrder[],
    columns: readonly PropertyTag[],
    restriction: Restriction | undefined,
  ): Pages | undefined;
  /** Loads values of some rows that are expensive to read: bodies, recipients. */
  open?(rows: readonly Row[], tags: readonly PropertyTag[]): Promise<void>;
  /** Whether `rows` has the values of a column without opening a message. */
  cheap?(tag: PropertyTag): boolean;
  /** Whether rows can be sorted by a column without opening a message. */
  sortsCheaply?(tag: PropertyTag): boolean;
  /** The type of object in each row (`OBJECT`). */
  objectType?: number;
  /** Calls back when rows may have changed; gives a function that stops it. */
  watch?(changed: (touched: Touched) => Promise<void>): Promise<() => void>;
  /** The present rows with these keys, without those that are gone; required with `pages`. */
  rowsOf?(keys: readonly Buffer[]): Promise<Row[]>;
  /** Changes whenever a row may have changed: rows of another version must be read again. */
  version?(): Promise<string>;
}

/** Keys (hexadecimal) of the rows that may have changed, and whether they are new in this table; `all`: any row may have changed. */
export type Touched = ReadonlyMap<string, 'new' | 'changed'> | 'all';

/** Sorted rows, of which only the shown ones are read. */
export interface Pages {
  /** True when the rows and their order stay as they were when they were counted. */
  fixed?: boolean;
  count(): Promise<number>;
  /** Reads `count` rows from position `start` on, of `total`. */
  at(start: number, count: number, total: number): Promise<Row[]>;
  /** Reads the `count` rows after a row. */
  after(row: Row, count: number): Promise<Row[]>;
  /** The number of rows before a row's position, and whether the row still exists. */
  rank(row: Row): Promise<{ before: number; there: boolean }>;
}
