import type { PropertyValue } from '../../../shared/mapi/property.ts';
import type { PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../../shared/mapi/restriction.ts';
import type { Restrictable } from '../../../shared/mapi/restriction-matcher.ts';
import type { SortOrder } from '../../../shared/mapi/sort-order.ts';

/** A row that a table can show. */
export interface Row extends Restrictable {
  /** Tells the row from all others of its table (PR_INSTANCE_KEY). */
  key: Buffer;
  /** The tag, with its type, of what is there under the id of one that leaves the type open. */
  tagOf?(tag: PropertyTag): PropertyTag | undefined;
  /** What the row is sorted by where that is not the value itself. */
  sortValue?(tag: PropertyTag): PropertyValue | undefined;
}

/** Where rows come from. */
export interface RowSource {
  /** Columns of a table whose client asked for none. */
  columns: readonly PropertyTag[];
  /** Columns that it names to a client that asks for all there are, where they are not just those. */
  offered?: readonly PropertyTag[];
  /** Throws where there are no rows to be had at all. */
  requireReady?(): Promise<void>;
  /** All rows, those in front that came first, so opened that their values can be had for `tags`. */
  rows(tags: readonly PropertyTag[]): Promise<Row[]>;
  /** Without a sort order the table has its rows the other way round. */
  newestFirst?: boolean;
  /** The rows page by page, where the store can read them so in that order, and those that a restriction lets in. */
  pages?(
    orders: readonly SortOrder[],
    columns: readonly PropertyTag[],
    restriction: Restriction | undefined,
  ): Pages | undefined;
  /** Makes values of some rows available that cost more than a glance: bodies, recipients. */
  open?(rows: readonly Row[], tags: readonly PropertyTag[]): Promise<void>;
  /** Columns whose values `rows` has without opening any. */
  cheap?(tag: PropertyTag): boolean;
  /** Columns that rows can be sorted by without opening any. */
  sortsCheaply?(tag: PropertyTag): boolean;
  /** What its rows are (`OBJECT`). */
  objectType?: number;
  /** Calls back when rows may have changed; gives what ends that. */
  watch?(changed: (touched: Touched) => Promise<void>): Promise<() => void>;
  /** Rows by their keys as they are now, those that are there; needed where there are `pages`. */
  rowsOf?(keys: readonly Buffer[]): Promise<Row[]>;
  /** A place for what depends on when rows were read. */
  version?(): Promise<string>;
}

/** Keys (hexadecimal) of the rows that may have changed, and whether they are new where they are; `all`: any may have. */
export type Touched = ReadonlyMap<string, 'new' | 'changed'> | 'all';

/** Rows in an order, of which only those are read that are shown. */
export interface Pages {
  /** Which rows there are, and their order, is as it was when they were counted. */
  fixed?: boolean;
  count(): Promise<number>;
  /** `count` rows from the `start`th on, of `total`. */
  at(start: number, count: number, total: number): Promise<Row[]>;
  /** `count` rows that follow one. */
  after(row: Row, count: number): Promise<Row[]>;
  /** How many rows stand before the place of one; and whether that is still there. */
  rank(row: Row): Promise<{ before: number; there: boolean }>;
}
