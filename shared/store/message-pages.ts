import { sql } from 'kysely';
import type { PropertyTag } from '../mapi/property-tags.ts';
import type { Database } from '../platform/database.ts';
import { isCheap, isLarge, MESSAGE_ROW_COLUMNS, type MessageRow, messageRowOf } from './contents.ts';
import type { MapiFolder } from './mapi-folders.ts';
import { VIEW } from './mapi-messages.ts';
import type { MapiStore } from './mapi-stores.ts';

/** Orders that an index has: by uid, and by PR_MESSAGE_DELIVERY_TIME; those of one time in the order in which they came. */
export interface PageOrder {
  by: 'uid' | 'delivered_at';
  descending: boolean;
}

type Key = { column: 'uid' | 'delivered_at' | 'arrival_uid'; direction: 'asc' | 'desc'; of(row: MessageRow): number };

function keysOf({ by, descending }: PageOrder): readonly [Key, ...Key[]] {
  const direction = descending ? 'desc' : 'asc';
  if (by === 'uid') return [{ column: by, direction, of: (row) => row.facts.uid }];
  return [
    { column: by, direction, of: (row) => row.deliveredAt },
    { column: 'arrival_uid', direction: 'asc', of: (row) => row.arrivalUid },
  ];
}

const backwards = (keys: readonly Key[]): Key[] =>
  keys.map((key) => ({ ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' }));

/** Messages of a view of a folder (`VIEW`), and the rights of who looks at them. */
export interface PagedView {
  store: MapiStore;
  folder: MapiFolder;
  view: number;
  rights: number;
  /** Columns that are shown: what the rows alone do not have is read with them. */
  columns: readonly PropertyTag[];
}

/** The messages of a view of a folder, read page by page: what that costs does not grow with the folder. */
export class MessagePages {
  private readonly db: Database;
  private readonly of: PagedView;
  private readonly keys: readonly Key[];

  constructor(db: Database, of: PagedView, order: PageOrder) {
    this.db = db;
    this.of = of;
    this.keys = keysOf(order);
  }

  /** How many rows there are. */
  async count(): Promise<number> {
    const { store, folder, view } = this.of;
    if (view !== VIEW.LIVE) return this.countOf(this.places());
    const row = await this.db
      .selectFrom('folders')
      .select('message_count')
      .where('tenant_id', '=', store.tenant)
      .where('id', '=', folder.id)
      .executeTakeFirst();
    return row?.message_count ?? 0;
  }

  /** How many rows stand before the place of one; and whether that is still there. */
  async rank(row: MessageRow): Promise<{ before: number; there: boolean }> {
    const before = await this.countOf(this.beyond(row, backwards(this.keys)));
    const there = await this.countOf(
      this.places().where((is) => is.and(this.keys.map((key) => is(key.column, '=', key.of(row))))),
    );
    return { before, there: there > 0 };
  }

  /** `count` rows from the `start`th on, of `total`. Read from the end that is nearer: what is passed over costs a little too. */
  async at(start: number, count: number, total: number): Promise<MessageRow[]> {
    const end = Math.min(start + count, total);
    if (end <= start) return [];
    if (start <= total / 2) return this.read(this.places().offset(start), end - start, this.keys);
    return (await this.read(this.places().offset(total - end), end - start, backwards(this.keys))).reverse();
  }

  /** `count` rows that follow one. */
  after(row: MessageRow, count: number): Promise<MessageRow[]> {
    return this.read(this.beyond(row, this.keys), count, this.keys);
  }

  private places() {
    const { store, folder, view } = this.of;
    return this.db
      .selectFrom('messages')
      .where('tenant_id', '=', store.tenant)
      .where('folder_id', '=', folder.id)
      .where('deleted', '=', view);
  }

  /** Places that come after that of a row in an order. */
  private beyond(row: MessageRow, keys: readonly Key[]) {
    return this.places().where((is) =>
      is.or(
        keys.map((key, i) =>
          is.and([
            ...keys.slice(0, i).map((same) => is(same.column, '=', same.of(row))),
            is(key.column, key.direction === 'asc' ? '>' : '<', key.of(row)),
          ]),
        ),
      ),
    );
  }

  private async countOf(places: ReturnType<MessagePages['places']>): Promise<number> {
    const { n } = await places.select((count) => count.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
    return Number(n);
  }

  /** The places are found in the index alone; only the rows that are shown are read. */
  private async read(
    places: ReturnType<MessagePages['places']>,
    count: number,
    keys: readonly Key[],
  ): Promise<MessageRow[]> {
    const { store, folder, view, rights, columns } = this.of;
    let page = places.select('uid').limit(count);
    for (const { column, direction } of keys) page = page.orderBy(column, direction);
    let query = this.db
      .selectFrom(page.as('page'))
      .innerJoin('messages', 'messages.uid', 'page.uid')
      // Far into a folder the optimizer takes the page for a large table, and reads the folder first.
      .modifyFront(sql`straight_join`)
      .select(MESSAGE_ROW_COLUMNS)
      .where('messages.tenant_id', '=', store.tenant)
      .where('messages.folder_id', '=', folder.id)
      .where('messages.deleted', '=', view);
    for (const { column, direction } of keys) query = query.orderBy(`messages.${column}`, direction);
    const opened = columns.some((tag) => !isCheap(tag)) && !columns.some(isLarge);
    const rows = await query
      .$if(opened, (cheap) =>
        cheap
          .innerJoin('message_contents', (join) =>
            join
              .onRef('message_contents.tenant_id', '=', 'messages.tenant_id')
              .onRef('message_contents.store_id', '=', 'messages.store_id')
              .onRef('message_contents.id', '=', 'messages.id'),
          )
          .select('message_contents.properties'),
      )
      .execute();
    return rows.map((row) => {
      const found = messageRowOf(store, folder, row, rights);
      if (row.properties) found.openDocument(row.properties);
      return found;
    });
  }
}
