import { compareSorted } from '../../mapi/compare.ts';
import type { PropertyValue } from '../../mapi/property.ts';
import { asUnicode } from '../../mapi/property-bag.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import type { Restriction } from '../../mapi/restriction.ts';
import { restrictedTags } from '../../mapi/restriction.ts';
import { type Restrictable, type Test, testOf } from '../../mapi/restriction-matcher.ts';
import type { SortOrder } from '../../mapi/sort-order.ts';
import { filterYielding } from '../../platform/yielding-filter.ts';
import { mayBeCut } from '../content/message-row.ts';
import type { StoreContext } from '../engine/context.ts';
import { type PagedView, rowsOfPage } from './message-pages.ts';
import { type MessageRow, openRows } from './message-table-row.ts';

/** The columns of a message that tables are sorted and restricted by; what else a row has is read when it is shown. */
const SCANNED = [
  'subject',
  'display_to',
  'delivered_at',
  'message_class',
  'importance',
  'has_attachments',
  'size',
] as const;

type ScannedColumn = (typeof SCANNED)[number];
type ScannedRow = { uid: number; arrival_uid: number } & Partial<Record<ScannedColumn, string | number>>;

/** What a column says of a property: by what rows are sorted, and where it is all of the property's value, that. */
interface Scan {
  column: ScannedColumn;
  sortValue(value: string | number): PropertyValue | undefined;
  /** Undefined: the document has to be asked. Without it, always. */
  whole?(value: string | number): PropertyValue | undefined;
}

const same = (value: string | number): PropertyValue => value;
/** Text is cut to its column, and what has none stands where an empty one does. */
const textOf = (value: string | number): PropertyValue | undefined => value || undefined;

const SCANS: ReadonlyMap<PropertyTag, Scan> = new Map<PropertyTag, Scan>([
  [
    PR.SUBJECT,
    {
      column: 'subject',
      sortValue: textOf,
      whole: (value) => (value !== '' && !mayBeCut(String(value)) ? value : undefined),
    },
  ],
  [PR.DISPLAY_TO, { column: 'display_to', sortValue: textOf }],
  [PR.MESSAGE_DELIVERY_TIME, { column: 'delivered_at', sortValue: textOf }],
  [PR.MESSAGE_CLASS, { column: 'message_class', sortValue: same, whole: same }],
  [PR.IMPORTANCE, { column: 'importance', sortValue: same, whole: same }],
  [PR.HASATTACH, { column: 'has_attachments', sortValue: (value) => value === 1, whole: (value) => value === 1 }],
  [PR.MESSAGE_SIZE, { column: 'size', sortValue: same, whole: same }],
]);

const scanOf = (tag: PropertyTag): Scan | undefined => SCANS.get(asUnicode(tag));

/** Whether the columns say in which order rows stand, and of most rows whether a restriction lets them in. */
export const canScan = (orders: readonly SortOrder[], restriction: Restriction | undefined): boolean =>
  orders.every(({ tag }) => scanOf(tag)) && restrictedTags(restriction).every((tag) => scanOf(tag)?.whole);

/** Rows that are asked for by their uids at a time. */
const BATCH = 500;

/**
 * The messages of a view of a folder in any order, or those that a restriction lets in. The columns that decide are read of all messages when
 * they are counted; what is shown, of those alone that are. Without an order the last that came stands first.
 */
export class ScannedPages {
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

  /** Reads which rows there are, and how many. */
  async count(): Promise<number> {
    const found = await this.allowed(await this.scan());
    const scans = this.orders.map(({ tag }) => scanOf(tag));
    this.rows = found.map((row) => ({
      uid: row.uid,
      arrivalUid: row.arrival_uid,
      values: scans.map((scan) => scan?.sortValue(row[scan.column] ?? '')),
    }));
    if (this.orders.length === 0) this.rows.reverse();
    // Those of equal values stay in the order in which they came.
    else this.rows.sort((a, b) => compareSorted(a.values, b.values, this.descending));
    return this.rows.length;
  }

  /** `count` rows from the `start`th on. */
  async at(start: number, count: number): Promise<MessageRow[]> {
    const found: MessageRow[] = [];
    // What has gone since it was counted is passed over: too few rows would be the last for a client.
    for (let at = start; found.length < count && at < this.rows.length; ) {
      const wanted = this.rows.slice(at, at + Math.min(count - found.length, BATCH)).map(({ uid }) => uid);
      found.push(...(await this.read(wanted)));
      at += wanted.length;
    }
    return found;
  }

  /** `count` rows that follow one. */
  async after(row: MessageRow, count: number): Promise<MessageRow[]> {
    const { before, there } = await this.rank(row);
    return this.at(before + (there ? 1 : 0), count);
  }

  /** How many rows stand before the place of one; and whether that is still there. */
  async rank(row: MessageRow): Promise<{ before: number; there: boolean }> {
    // A message that is changed gets another uid; it stays where it came.
    const index = this.rows.findIndex(({ arrivalUid }) => arrivalUid === row.arrivalUid);
    if (index >= 0) return { before: index, there: true };
    const values = this.orders.map(({ tag }) => row.sortValue(tag));
    const stands = (each: (typeof this.rows)[number]): number =>
      this.orders.length === 0
        ? row.arrivalUid - each.arrivalUid
        : compareSorted(each.values, values, this.descending) || each.arrivalUid - row.arrivalUid;
    const next = this.rows.findIndex((each) => stands(each) > 0);
    return { before: next < 0 ? this.rows.length : next, there: false };
  }

  /** The columns that decide of all messages, in the order in which those came. */
  private async scan(): Promise<ScannedRow[]> {
    const tags = [...this.orders.map(({ tag }) => tag), ...restrictedTags(this.restriction)];
    const columns = new Set(tags.flatMap((tag) => scanOf(tag)?.column ?? []));
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
    const isKnown = (row: ScannedRow) => scans.every(({ column, whole }) => whole?.(row[column] ?? '') !== undefined);
    const others = await this.allowedByDocument(
      test,
      tags,
      rows.filter((row) => !isKnown(row)),
    );
    return filterYielding(rows, (row) => (isKnown(row) ? test(restrictable(row)) : others.has(row.uid)));
  }

  /** Uids of those messages that a restriction lets in for what their documents have. */
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

  /** Rows by their uids and in the order of those, with what columns show of them; those that have gone are passed over. */
  private async read(uids: readonly number[], columns = this.of.columns): Promise<MessageRow[]> {
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
    return scan?.whole?.(row[scan.column] ?? '');
  },
});
