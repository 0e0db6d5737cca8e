import type { Database } from '../../database/database.ts';
import { textKey } from '../../mapi/compare.ts';
import { PR } from '../../mapi/property-tags.ts';
import { type PagedView, rowsOfPage } from './message-pages.ts';
import type { MessageTableRow } from './message-table-row.ts';
import { comparePlaces, type SortedTextColumn, type TextOrders, type TextPlace } from './text-order.ts';

/** Rows that are read at a time. */
const AT_ONCE = 500;

/** Pages of the live messages of a folder by a text, along an order that is kept in memory. */
export class TextPages {
  private readonly db: Database;
  private readonly of: PagedView;
  private readonly orders: TextOrders;
  private readonly column: SortedTextColumn;
  private readonly descending: boolean;
  private places: readonly TextPlace[] = [];

  constructor(db: Database, of: PagedView, orders: TextOrders, order: { by: SortedTextColumn; descending: boolean }) {
    this.db = db;
    this.of = of;
    this.orders = orders;
    this.column = order.by;
    this.descending = order.descending;
  }

  /** Gives the number of rows now. Pages come from this order until the rows are counted again. */
  async count(): Promise<number> {
    const { store, folder } = this.of;
    this.places = await this.orders.places(this.db, store, folder.id, this.column, this.descending);
    return this.places.length;
  }

  at(start: number, count: number): Promise<MessageTableRow[]> {
    return this.read(start, count);
  }

  after(row: MessageTableRow, count: number): Promise<MessageTableRow[]> {
    const { before, there } = this.placeOf(row);
    return this.read(before + (there ? 1 : 0), count);
  }

  async rank(row: MessageTableRow): Promise<{ before: number; there: boolean }> {
    await this.count();
    return this.placeOf(row);
  }

  private placeOf(row: MessageTableRow): { before: number; there: boolean } {
    const text = row.sortValue(this.column === 'subject' ? PR.SUBJECT : PR.DISPLAY_TO);
    const place: TextPlace = { uid: row.facts.uid, arrivalUid: row.arrivalUid, key: textKey(String(text ?? '')) };
    let low = 0;
    for (let high = this.places.length; low < high; ) {
      const middle = (low + high) >>> 1;
      const other = this.places[middle];
      if (other && comparePlaces(other, place, this.descending) < 0) low = middle + 1;
      else high = middle;
    }
    return { before: low, there: this.places[low]?.arrivalUid === place.arrivalUid };
  }

  /** Reads `count` rows; messages that were deleted since the count are passed over. */
  private async read(start: number, count: number): Promise<MessageTableRow[]> {
    const rows: MessageTableRow[] = [];
    for (let at = start; rows.length < count && at < this.places.length; ) {
      const uids = this.places.slice(at, at + Math.min(count - rows.length, AT_ONCE)).map(({ uid }) => uid);
      at += uids.length;
      const found = new Map((await this.rowsOf(uids)).map((row) => [row.facts.uid, row]));
      rows.push(...uids.flatMap((uid) => found.get(uid) ?? []));
    }
    return rows;
  }

  private rowsOf(uids: readonly number[]): Promise<MessageTableRow[]> {
    const { store, folder, view } = this.of;
    const page = this.db
      .selectFrom('messages')
      .select('uid')
      .where('tenant_id', '=', store.tenant)
      .where('folder_id', '=', folder.id)
      .where('deleted', '=', view)
      .where('uid', 'in', uids);
    return rowsOfPage(this.db, this.of, page);
  }
}
