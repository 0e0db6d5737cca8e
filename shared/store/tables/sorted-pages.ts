import { compareSorted } from '../../mapi/compare.ts';
import type { PropertyValue } from '../../mapi/property.ts';
import type { PropertyTag } from '../../mapi/property-tags.ts';
import type { Restriction } from '../../mapi/restriction.ts';
import { restrictedTags } from '../../mapi/restriction.ts';
import { type Restrictable, type Test, testOf } from '../../mapi/restriction-matcher.ts';
import type { SortOrder } from '../../mapi/sort-order.ts';
import { filterYielding } from '../../platform/yielding-filter.ts';
import type { StoreContext } from '../engine/context.ts';
import { columnOf, type SortableValues } from './message-columns.ts';
import { type PagedView, rowsOfPage } from './message-pages.ts';
import type { MessageTableRow } from './message-table-row.ts';
import { openRows } from './open-rows.ts';

type ScannedRow = { uid: number; arrival_uid: number } & Partial<SortableValues>;

const scanOf = (tag: PropertyTag) => columnOf(tag)?.sortable;

/** Whether columns decide the order of rows, and for most rows whether a restriction matches. */
export const canSortByColumns = (orders: readonly SortOrder[], restriction: Restriction | undefined): boolean =>
  orders.every(({ tag }) => scanOf(tag)) && restrictedTags(restriction).every((tag) => scanOf(tag)?.whole);

/** Rows that are read by their uids in one statement. */
const BATCH = 500;

/**
 * Pages of a view of a folder in any order, with or without a restriction. When the rows are counted, the columns that decide order and
 * restriction are read of all messages and sorted in memory; a page then reads its own rows. Without an order the newest message is first.
 */
export class SortedPages {
  readonly fixed = true;
  private readonly context: StoreContext;
  private readonly of: PagedView;
  private readonly orders: readonly SortOrder[];
  private readonly descending: readonly boolean[];
  private readonly restriction: Restriction | undefined;
  private rows: { uid: number; arrivalUid: number; values: (PropertyValue | undefined)[] }[] = [];

  constructor(
    context: StoreContext,
    of: PagedView,
    orders: readonly SortOrder[],
    restriction: Restriction | undefined,
  ) {
    this.context = context;
    this.of = of;
    this.orders = orders;
    this.descending = orders.map(({ descending }) => descending);
    this.restriction = restriction;
  }

  /** Reads and sorts the places of all rows, and gives their number. */
  async count(): Promise<number> {
    const found = await this.allowed(await this.scan());
    const scans = this.orders.map(({ tag }) => scanOf(tag));
    this.rows = found.map((row) => ({
      uid: row.uid,
      arrivalUid: row.arrival_uid,
      values: scans.map((scan) => scan?.sortValue(row[scan.name] ?? '')),
    }));
    if (this.orders.length === 0) this.rows.reverse();
    // Rows of equal values stay in the order of their arrival.
    else this.rows.sort((a, b) => compareSorted(a.values, b.values, this.descending));
    return this.rows.length;
  }

  /** Reads `count` rows from the `start`th on. */
  async at(start: number, count: number): Promise<MessageTableRow[]> {
    const found: MessageTableRow[] = [];
    // Messages that were deleted since the count are passed over: a client takes a short page for the last one.
    for (let at = start; found.length < count && at < this.rows.length; ) {
      const wanted = this.rows.slice(at, at + Math.min(count - found.length, BATCH)).map(({ uid }) => uid);
      found.push(...(await this.read(wanted)));
      at += wanted.length;
    }
    return found;
  }

  /** Reads `count` rows after a row. */
  async after(row: MessageTableRow, count: number): Promise<MessageTableRow[]> {
    const { before, there } = await this.rank(row);
    return this.at(before + (there ? 1 : 0), count);
  }

  /** Gives the number of rows before a row, and whether that row still exists. */
  async rank(row: MessageTableRow): Promise<{ before: number; there: boolean }> {
    // A changed message gets another uid and keeps its arrival uid, and so its place.
    const index = this.rows.findIndex(({ arrivalUid }) => arrivalUid === row.arrivalUid);
    if (index >= 0) return { before: index, there: true };
    const values = this.orders.map(({ tag }) => row.sortValue(tag));
    const compare = (each: (typeof this.rows)[number]): number =>
      this.orders.length === 0
        ? row.arrivalUid - each.arrivalUid
        : compareSorted(each.values, values, this.descending) || each.arrivalUid - row.arrivalUid;
    const next = this.rows.findIndex((each) => compare(each) > 0);
    return { before: next < 0 ? this.rows.length : next, there: false };
  }

  /** Reads the columns that decide order and restriction of all messages, in the order of their arrival. */
  private async scan(): Promise<ScannedRow[]> {
    const tags = [...this.orders.map(({ tag }) => tag), ...restrictedTags(this.restriction)];
    const columns = new Set(tags.flatMap((tag) => scanOf(tag)?.name ?? []));
    const rows = await this.places()
      .select(['messages.uid', 'messages.arrival_uid'])
      .select([...columns].map((column) => `messages.${column}` as const))
      .orderBy('messages.arrival_uid')
      .execute();
    return rows;
  }

  private async allowed(rows: ScannedRow[]): Promise<ScannedRow[]> {
    const { restriction } = this;
    if (!restriction) return rows;
    const test = testOf(restriction);
    const tags = restrictedTags(restriction);
    const scans = tags.flatMap((tag) => scanOf(tag) ?? []);
    const isKnown = (row: ScannedRow) => scans.every(({ name, whole }) => whole?.(row[name] ?? '') !== undefined);
    const others = await this.allowedByDocument(
      test,
      tags,
      rows.filter((row) => !isKnown(row)),
    );
    return filterYielding(rows, (row) => (isKnown(row) ? test(restrictable(row)) : others.has(row.uid)));
  }

  /** Gives the uids of messages whose documents match a restriction. */
  private async allowedByDocument(
    test: Test,
    tags: readonly PropertyTag[],
    rows: readonly ScannedRow[],
  ): Promise<Set<number>> {
    const found = new Set<number>();
    for (let i = 0; i < rows.length; i += BATCH) {
      const some = await this.read(
        rows.slice(i, i + BATCH).map(({ uid }) => uid),
        [],
      );
      await openRows(this.context, this.of.store, some, tags, true);
      for (const row of await filterYielding(some, test)) found.add(row.facts.uid);
    }
    return found;
  }

  private places() {
    const { store, folder, view } = this.of;
    return this.context.db
      .selectFrom('messages')
      .where('messages.tenant_id', '=', store.tenant)
      .where('messages.folder_id', '=', folder.id)
      .where('messages.deleted', '=', view);
  }

  /** Reads rows by their uids, in the order of the uids; messages that are gone are passed over. */
  private async read(uids: readonly number[], columns = this.of.columns): Promise<MessageTableRow[]> {
    if (uids.length === 0) return [];
    const page = this.places().where('messages.uid', 'in', uids).select('messages.uid');
    const rows = await rowsOfPage(this.context.db, { ...this.of, columns }, page);
    const found = new Map(rows.map((row) => [row.facts.uid as number, row]));
    return uids.flatMap((uid) => found.get(uid) ?? []);
  }
}

const restrictable = (row: ScannedRow): Restrictable => ({
  get(tag) {
    const scan = scanOf(tag);
    return scan?.whole?.(row[scan.name] ?? '');
  },
});
