import { type AliasableExpression, type AliasedRawBuilder, type ExpressionBuilder, sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import type { PropertyTag } from '../../mapi/property-tags.ts';
import type { Folder } from '../folders/folder.ts';
import { VIEW } from '../messages/message-facts.ts';
import type { MapiStore } from '../stores/stores.ts';
import { isCheap } from './message-columns.ts';
import {
  isLarge,
  MESSAGE_ROW_COLUMNS,
  type MessageTableRow,
  messageTableRowOf,
  wantedBy,
} from './message-table-row.ts';

/** An order that has an index: by uid, or by PR_MESSAGE_DELIVERY_TIME with messages of one time in the order of their arrival. */
export interface PageOrder {
  by: 'uid' | 'delivered_at';
  descending: boolean;
}

type Key = {
  column: 'uid' | 'delivered_at' | 'arrival_uid';
  direction: 'asc' | 'desc';
  of(row: MessageTableRow): number;
};

function keysOf({ by, descending }: PageOrder): readonly [Key, ...Key[]] {
  const direction = descending ? 'desc' : 'asc';
  if (by === 'uid') return [{ column: by, direction, of: (row) => row.facts.uid }];
  return [
    { column: by, direction, of: (row) => row.deliveredAt },
    { column: 'arrival_uid', direction: 'asc', of: (row) => row.arrivalUid },
  ];
}

/** The index of an order; read backward, it gives the last rows. Without a hint the optimizer takes another index and sorts the folder. */
const indexOf = ({ by, descending }: PageOrder): string =>
  by === 'uid' ? 'PRIMARY' : descending ? 'messages_newest' : 'messages_oldest';

const backwards = (keys: readonly Key[]): Key[] =>
  keys.map((key) => ({ ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' }));

type Places = ExpressionBuilder<{ messages: MessagesTable }, 'messages'>;

/**
 * Conditions for the rows after a row: for each key, equal in the keys before it and greater in this one. Each condition is one range of the
 * index; combined with OR they are none: the database then reads the folder from its beginning.
 */
const ranges = (row: MessageTableRow, keys: readonly Key[]) =>
  keys.map(
    (key, i) => (is: Places) =>
      is.and([
        ...keys.slice(0, i).map((same) => is(`messages.${same.column}`, '=', same.of(row))),
        is(`messages.${key.column}`, key.direction === 'asc' ? '>' : '<', key.of(row)),
      ]),
  );

/** A view of a folder (`VIEW`), as a caller with some rights sees it. */
export interface PagedView {
  store: MapiStore;
  folder: Folder;
  view: number;
  rights: number;
  /** Columns that are shown: for those that rows do not have, the documents are read in the same statement. */
  columns: readonly PropertyTag[];
}

/** Pages of a view of a folder by an index: the cost of a page does not grow with the folder. */
export class MessagePages {
  private readonly db: Database;
  private readonly of: PagedView;
  private readonly keys: readonly Key[];
  private readonly messages: AliasedRawBuilder<MessagesTable, 'messages'>;

  constructor(db: Database, of: PagedView, order: PageOrder) {
    this.db = db;
    this.of = of;
    this.keys = keysOf(order);
    this.messages = sql<MessagesTable>`\`messages\``.as<'messages'>(
      sql`\`messages\` FORCE INDEX (${sql.ref(indexOf(order))})`,
    );
  }

  /** Gives the number of rows. */
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

  /** Gives the number of rows before a row, and whether that row still exists. */
  async rank(row: MessageTableRow): Promise<{ before: number; there: boolean }> {
    const before = await this.countOf(
      this.places().where((is) => is.or(ranges(row, backwards(this.keys)).map((range) => range(is)))),
    );
    const there = await this.countOf(
      this.places().where((is) => is.and(this.keys.map((key) => is(key.column, '=', key.of(row))))),
    );
    return { before, there: there > 0 };
  }

  /** Reads `count` rows from the `start`th on, of `total`, from the nearer end: index entries that are passed over cost time too. */
  async at(start: number, count: number, total: number): Promise<MessageTableRow[]> {
    const end = Math.min(start + count, total);
    if (end <= start) return [];
    const page = (keys: readonly Key[], offset: number) =>
      this.read(
        this.found(
          this.places()
            .limit(end - start)
            .offset(offset),
          keys,
        ),
        end - start,
        keys,
      );
    if (start <= total / 2) return page(this.keys, start);
    return (await page(backwards(this.keys), total - end)).reverse();
  }

  /** Reads `count` rows after a row. */
  after(row: MessageTableRow, count: number): Promise<MessageTableRow[]> {
    const [first, ...others] = ranges(row, this.keys).map((range) =>
      this.db
        .selectFrom(this.found(this.places().where(range).limit(count), this.keys).as('found'))
        .select('found.uid'),
    );
    if (!first) throw new Error('unreachable: an order has a key');
    return this.read(
      others.reduce((all, other) => all.unionAll(other), first),
      count,
      this.keys,
    );
  }

  private places() {
    const { store, folder, view } = this.of;
    return this.db
      .selectFrom(this.messages)
      .where('messages.tenant_id', '=', store.tenant)
      .where('messages.folder_id', '=', folder.id)
      .where('messages.deleted', '=', view);
  }

  /** Selects the uids of rows in an order. */
  private found(places: ReturnType<MessagePages['places']>, keys: readonly Key[]) {
    return keys.reduce(
      (query, { column, direction }) => query.orderBy(`messages.${column}`, direction),
      places.select('messages.uid'),
    );
  }

  private async countOf(places: ReturnType<MessagePages['places']>): Promise<number> {
    const { n } = await places.select((count) => count.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
    return Number(n);
  }

  private read(page: UidPage, count: number, keys: readonly Key[]): Promise<MessageTableRow[]> {
    return rowsOfPage(this.db, this.of, page, (query) =>
      keys
        .reduce((sorted, { column, direction }) => sorted.orderBy(`messages.${column}`, direction), query)
        .limit(count),
    );
  }
}

/** The uids of a page. */
export type UidPage = AliasableExpression<{ uid: number }>;

/** Joins the messages of a page with its uids. */
const pageRows = (db: Database, { store, folder, view }: PagedView, page: UidPage) =>
  db
    .selectFrom(page.as('page'))
    .innerJoin('messages', 'messages.uid', 'page.uid')
    // Without it the optimizer takes a page far into a folder for a large table, and reads the folder first.
    .modifyFront(sql`straight_join`)
    .select(MESSAGE_ROW_COLUMNS)
    .where('messages.tenant_id', '=', store.tenant)
    .where('messages.folder_id', '=', folder.id)
    .where('messages.deleted', '=', view);

type PageRows = ReturnType<typeof pageRows>;

/** Reads the rows of a page. Its uids are found in an index alone; only the rows that are shown are read, in the order that `sort` gives them. */
export async function rowsOfPage(
  db: Database,
  of: PagedView,
  page: UidPage,
  sort: (query: PageRows) => PageRows = (query) => query,
): Promise<MessageTableRow[]> {
  const { store, folder, rights, columns } = of;
  const opened = columns.some((tag) => !isCheap(tag)) && !columns.some(isLarge);
  const rows = await sort(pageRows(db, of, page))
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
  const wanted = wantedBy(columns);
  return rows.map((row) => {
    const found = messageTableRowOf(store, folder, row, rights);
    if (row.properties) found.openDocument(row.properties, wanted);
    return found;
  });
}
