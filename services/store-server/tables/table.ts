import { compareSorted } from '../../../shared/mapi/compare.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Property, PropertyValue } from '../../../shared/mapi/property.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../../shared/mapi/restriction.ts';
import { restrictedTags } from '../../../shared/mapi/restriction.ts';
import { type Restrictable, testOf } from '../../../shared/mapi/restriction-matcher.ts';
import type { SortOrder } from '../../../shared/mapi/sort-order.ts';
import { BOOKMARK, ROW_TYPE } from '../../../shared/mapi/table-flags.ts';
import { filterYielding, findIndexYielding } from '../../../shared/platform/yielding-filter.ts';
import { Categories, categoryValue } from './categories.ts';
import { cell, cellOf } from './cell.ts';
import { type Anchor, type Category, keyOf, type Line, type Listing, PagedListing, WholeListing } from './listing.ts';
import type { Row, RowSource } from './row-source.ts';
import { type TableEvent, TableWatch } from './table-watch.ts';

const ROWS_AT_ONCE = 500;

/** Errors of a table whose rows the client may not read any more. */
const GONE = ['NO_ACCESS', 'NOT_FOUND', 'END_OF_SESSION'] as const;

/** An open table of a session: columns, sort order, restriction and position. Its rows are read when they are needed. */
export class Table {
  private readonly source: RowSource;
  private columnTags: PropertyTag[] | undefined;
  private sortOrders: SortOrder[] = [];
  private readonly categories = new Categories();
  private restriction: Restriction | undefined;
  /** Counts new sort orders and restrictions. */
  setting = 0;
  private listing: Listing | undefined;
  /** The position at the time when the rows were dropped. */
  private left: Anchor | undefined;
  private version = '';
  private position = 0;
  private nextBookmark = 3;
  private readonly bookmarks = new Map<number, Anchor>();

  constructor(source: RowSource) {
    this.source = source;
  }

  close(): void {
    this.listing = undefined;
    this.bookmarks.clear();
  }

  /** Drops the rows in memory and keeps the position. The next query reads them again. */
  forget(): void {
    if (!(this.listing instanceof WholeListing)) return;
    this.left = this.listing.anchor(this.position);
    this.listing = undefined;
  }

  /** Makes the next query read the rows again. */
  invalidate(): void {
    this.listing = undefined;
  }

  /** Notifies of changed rows from now on; gives the function that ends it. */
  async watch(tell: (events: TableEvent[]) => void): Promise<() => void> {
    if (!this.source.watch) return () => {};
    const watch = new TableWatch(this);
    const stop = await this.source.watch(async (touched) => {
      try {
        tell(await watch.eventsOf(touched));
      } catch (error) {
        // A client that may not read the rows any more is not notified.
        if (!GONE.some((code) => PamojaError.is(error, code))) throw error;
      }
    });
    await watch.start();
    return stop;
  }

  get objectType(): number {
    return this.source.objectType ?? 0;
  }

  get hasCategories(): boolean {
    return this.categories.depth > 0;
  }

  async rowsOf(keys: readonly Buffer[]): Promise<Row[]> {
    await this.requireReady();
    return (await this.source.rowsOf?.(keys)) ?? [];
  }

  get columns(): readonly PropertyTag[] {
    return this.columnTags ?? this.source.columns;
  }

  allColumns(): readonly PropertyTag[] {
    return this.source.offered ?? [...new Set([...(this.columnTags ?? []), ...this.source.columns])];
  }

  /** Throws the error of every query while the rows may not be read. */
  async requireReady(): Promise<void> {
    await this.source.requireReady?.();
  }

  setColumns(tags: readonly PropertyTag[]): void {
    if (this.needsOtherRows(tags)) this.listing = undefined;
    this.columnTags = [...tags];
  }

  private needsOtherRows(tags: readonly PropertyTag[]): boolean {
    const known = new Set(this.columns);
    return tags.some((tag) => !known.has(tag));
  }

  sort(orders: readonly SortOrder[], categories: number, expanded: number): void {
    this.categories.set(categories, expanded, orders);
    this.sortOrders = [...orders];
    this.setting++;
    this.listing = undefined;
    this.left = undefined;
    this.position = 0;
    this.bookmarks.clear();
  }

  restrict(restriction: Restriction | undefined): void {
    // An invalid restriction is refused here, not when rows are read.
    if (restriction) testOf(restriction);
    this.restriction = restriction;
    this.setting++;
    this.listing = undefined;
    this.left = undefined;
    this.position = 0;
    this.bookmarks.clear();
  }

  async rowCount(): Promise<{ count: number; row: number }> {
    const { length } = await this.read();
    return { count: length, row: Math.min(this.position, length) };
  }

  /** Moves the position. Gives by how many rows it has moved. */
  async seek(bookmark: number, count: number): Promise<number> {
    const listing = await this.read();
    const from = await this.placeOf(bookmark, listing);
    const to = Math.min(Math.max(from + count, 0), listing.length);
    this.position = to;
    return to - from;
  }

  /** At most `count` rows from the position on; a negative count goes backwards. `stay` leaves the position where it is. */
  async query(count: number, stay: boolean): Promise<Property[][]> {
    await this.requireReady();
    if (count >= 0 && this.listing?.continues(this.position)) {
      const following = await this.showAll(this.listing, this.position, this.position + count);
      if (!stay) this.position += following.length;
      return following;
    }
    const listing = await this.read();
    const start = count < 0 ? Math.max(this.position + count, 0) : Math.min(this.position, listing.length);
    const end = count < 0 ? Math.min(this.position, listing.length) : Math.min(start + count, listing.length);
    const shown = await this.showAll(listing, start, end);
    if (!stay) this.position = count < 0 ? start : start + shown.length;
    return shown;
  }

  /** Some hundred rows are read at a time, so that not all of their documents are in memory at once. */
  private async showAll(listing: Listing, start: number, end: number): Promise<Property[][]> {
    const shown: Property[][] = [];
    for (let at = start; at < end; at += ROWS_AT_ONCE) {
      const lines = await listing.slice(at, Math.min(at + ROWS_AT_ONCE, end));
      for (const row of await this.show(lines)) shown.push(row);
      if (lines.length < Math.min(ROWS_AT_ONCE, end - at)) break;
    }
    return shown;
  }

  /** Moves the position to the next row that matches. Throws NOT_FOUND. */
  async find(bookmark: number, backwards: boolean, restriction: Restriction | undefined): Promise<void> {
    if (!restriction) throw new PamojaError('INVALID_PARAMETER', 'nothing to look for');
    const test = testOf(restriction);
    const listing = await this.read();
    const { lines } = listing instanceof WholeListing ? listing : await this.build();
    const rows = lines.flatMap((line) => (line.kind === 'row' ? [line.row] : []));
    const tags = restrictedTags(restriction).filter((tag) => !this.source.cheap?.(tag));
    if (tags.length > 0) await this.source.open?.(rows, tags);
    const from = await this.placeOf(bookmark, listing);
    const following = backwards ? lines.slice(0, from).reverse() : lines.slice(from);
    const isWanted = (line: Line): boolean => line.kind === 'row' && test(withInstanceKey(line.row));
    const found = await findIndexYielding(following, isWanted);
    if (found < 0) throw new PamojaError('NOT_FOUND', 'no such row');
    this.position = backwards ? from - 1 - found : from + found;
  }

  async createBookmark(): Promise<number> {
    const listing = await this.read();
    // This reads the row before the bookmark, by which it is found again.
    if (this.position > 0) await listing.slice(this.position - 1, this.position);
    const id = this.nextBookmark++;
    this.bookmarks.set(id, listing.anchor(this.position));
    return id;
  }

  freeBookmark(id: number): void {
    if (!this.bookmarks.delete(id)) throw new PamojaError('INVALID_BOOKMARK', 'no such bookmark');
  }

  /** Opens a category. Gives rows of it, at most `count`, and how many there are beyond them. */
  async expand(key: Buffer, count: number): Promise<{ rows: Property[][]; more: number }> {
    const { index, category } = await this.category(key);
    if (category.expanded) throw new PamojaError('NOT_FOUND', 'the category is open already');
    this.categories.open(key);
    const before = (await this.read()).length;
    this.listing = undefined;
    const listing = await this.read();
    const added = listing.length - before;
    if (this.position > index) this.position += added;
    const rows = await this.show(await listing.slice(index + 1, index + 1 + Math.min(count, added)));
    return { rows, more: Math.max(added - rows.length, 0) };
  }

  /** Closes a category. Gives the number of rows that are hidden by it. */
  async collapse(key: Buffer): Promise<number> {
    const { index, category } = await this.category(key);
    if (!category.expanded) throw new PamojaError('NOT_FOUND', 'the category is closed already');
    const before = (await this.read()).length;
    // Reading the shorter listing moves a position that is beyond its end.
    const { position } = this;
    this.categories.close(key);
    this.listing = undefined;
    const gone = before - (await this.read()).length;
    if (position > index) this.position = Math.max(index, position - gone);
    return gone;
  }

  /** The open and closed categories, to be restored in another table. */
  collapseState(bookmark: Buffer): Buffer {
    return this.categories.state(bookmark);
  }

  async setCollapseState(state: Buffer): Promise<number> {
    const at = this.categories.restore(state);
    this.listing = undefined;
    const listing = await this.read();
    const index = listing instanceof WholeListing ? listing.lines.findIndex((line) => keyOf(line) === at) : -1;
    const id = this.nextBookmark++;
    this.bookmarks.set(id, listing.anchor(Math.max(index, 0)));
    return id;
  }

  private async category(key: Buffer): Promise<{ index: number; category: Category }> {
    const listing = await this.read();
    // A table with categories is always read whole.
    const lines = listing instanceof WholeListing ? listing.lines : [];
    const index = lines.findIndex((line) => line.kind === 'category' && line.category.key.equals(key));
    const line = lines[index];
    if (line?.kind !== 'category') throw new PamojaError('NOT_FOUND', 'no such category');
    return { index, category: line.category };
  }

  private async placeOf(bookmark: number, listing: Listing): Promise<number> {
    if (bookmark === BOOKMARK.BEGINNING) return 0;
    if (bookmark === BOOKMARK.CURRENT) return Math.min(this.position, listing.length);
    if (bookmark === BOOKMARK.END) return listing.length;
    const there = this.bookmarks.get(bookmark);
    if (!there) throw new PamojaError('INVALID_BOOKMARK', 'no such bookmark');
    return listing.place(there);
  }

  /** The present rows. The position stays behind the row that it was behind. */
  private async read(): Promise<Listing> {
    await this.requireReady();
    const version = (await this.source.version?.()) ?? '';
    if (this.listing && version === this.version) return this.listing;
    const anchor = this.listing?.anchor(this.position) ?? this.left;
    this.left = undefined;
    const listing = await this.shortest();
    if (anchor) this.position = await listing.place(anchor);
    this.position = Math.min(this.position, listing.length);
    this.version = version;
    this.listing = listing;
    return listing;
  }

  /** The present rows, without moving the position. With a restriction all rows are read, so that added and removed rows are found. */
  async current(): Promise<PagedListing | WholeListing> {
    await this.requireReady();
    return this.restriction ? this.build() : this.shortest();
  }

  private shortest(): Promise<PagedListing | WholeListing> {
    const pages =
      this.categories.depth > 0 ? undefined : this.source.pages?.(this.sortOrders, this.columns, this.restriction);
    return pages ? PagedListing.open(pages) : this.build();
  }

  private async build(): Promise<WholeListing> {
    const sortTags = this.sortOrders.map(({ tag }) => tag);
    const asked = restrictedTags(this.restriction);
    let rows = await this.source.rows([...this.columns, ...sortTags, ...asked]);
    const sortsCheaply = this.source.sortsCheaply ?? this.source.cheap;
    // The headings of categories show the values that the rows are grouped by, so these must be complete.
    const sortedBy = sortTags.filter(
      (tag, i) => !(i < this.categories.depth ? this.source.cheap : sortsCheaply)?.(tag),
    );
    const costly = [...sortedBy, ...asked.filter((tag) => !this.source.cheap?.(tag))];
    if (costly.length > 0) await this.source.open?.(rows, costly);
    const { restriction } = this;
    if (restriction) {
      const test = testOf(restriction);
      rows = await filterYielding(rows, (row) => test(withInstanceKey(row)));
    }
    if (this.sortOrders.length === 0 && this.source.newestFirst) rows.reverse();
    const sorted = this.sortOrders.length > 0 ? sortRows(rows, this.sortOrders) : rows;
    return new WholeListing(this.categories.linesOf(sorted, this.sortOrders));
  }

  /** Converts lines to rows of an answer. */
  async show(lines: readonly Line[]): Promise<Property[][]> {
    const rows = lines.flatMap((line) => (line.kind === 'row' ? [line.row] : []));
    const costly = this.columns.filter((tag) => !this.source.cheap?.(tag));
    if (costly.length > 0 && rows.length > 0) await this.source.open?.(rows, costly);
    return lines.map((line) =>
      this.columns.map((tag) =>
        line.kind === 'row'
          ? cellOf({ get: (typed) => rowValue(line, typed), tagOf: (open) => line.row.tagOf?.(open) }, tag)
          : cell(tag, categoryValue(line.category, tag)),
      ),
    );
  }
}

const withInstanceKey = (row: Row): Restrictable => ({
  get: (tag) => (tag === PR.INSTANCE_KEY ? row.key : row.get(tag)),
  ...(row.below ? { below: (tag: PropertyTag) => row.below?.(tag) ?? [] } : {}),
});

function rowValue({ row, depth }: { row: Row; depth: number }, tag: PropertyTag): PropertyValue | undefined {
  if (tag === PR.INSTANCE_KEY) return row.key;
  const value = row.get(tag);
  if (value !== undefined) return value;
  if (tag === PR.ROW_TYPE) return ROW_TYPE.LEAF_ROW;
  return tag === PR.DEPTH ? depth : undefined;
}

function sortRows(rows: readonly Row[], orders: readonly SortOrder[]): Row[] {
  const sortValue = (row: Row, tag: PropertyTag) => (row.sortValue ? row.sortValue(tag) : row.get(tag));
  const keyed = rows.map((row, i) => ({ row, i, values: orders.map(({ tag }) => sortValue(row, tag)) }));
  const descending = orders.map(({ descending }) => descending);
  keyed.sort((a, b) => compareSorted(a.values, b.values, descending) || a.i - b.i);
  return keyed.map(({ row }) => row);
}
