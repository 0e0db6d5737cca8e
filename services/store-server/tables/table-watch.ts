import { TABLE_EVENT } from '../../../shared/mapi/notification-events.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { keyOf, type Line, type PagedListing, WholeListing } from './listing.ts';
import type { Row, Touched } from './row-source.ts';

export interface TableEvent {
  kind: number;
  /** The type of object in the table's rows (`OBJECT`). */
  objectType: number;
  /** The key of the row; undefined where the whole table has changed. */
  key?: Buffer;
  /** The key of the row before it; undefined for the first row. */
  prior?: Buffer;
  /** The columns of the row. */
  row?: Property[];
}

/** The most rows that are notified one by one; with more, the client is told that the whole table has changed. */
const MANY = 10;

interface Changed {
  kind: number;
  line: Line;
  prior: Buffer | undefined;
}

/** A table that a client has subscribed to. */
export interface WatchedTable {
  readonly objectType: number;
  /** Counts new sort orders and restrictions. */
  readonly setting: number;
  readonly hasCategories: boolean;
  /** The present rows. */
  current(): Promise<PagedListing | WholeListing>;
  rowsOf(keys: readonly Buffer[]): Promise<Row[]>;
  show(lines: readonly Line[]): Promise<Property[][]>;
}

/** Finds what has changed in a table since the last time. */
export class TableWatch {
  private readonly table: WatchedTable;
  /** The keys of the rows at the last look, where all rows were in memory, and the `setting` of that time. */
  private known: { setting: number; keys: Set<string> } | undefined;

  constructor(table: WatchedTable) {
    this.table = table;
  }

  async start(): Promise<void> {
    const listing = await this.table.current();
    if (listing instanceof WholeListing) this.remember(listing);
  }

  private remember({ lines }: WholeListing, setting = this.table.setting): void {
    this.known = { setting, keys: new Set(lines.map(keyOf)) };
  }

  /** The events for rows that may have changed. */
  async eventsOf(touched: Touched): Promise<TableEvent[]> {
    const { objectType } = this.table;
    const whole: TableEvent[] = [{ kind: TABLE_EVENT.CHANGED, objectType }];
    const listing = await this.table.current();
    if (!(listing instanceof WholeListing))
      return touched === 'all' || touched.size > MANY ? whole : this.eventsOfPages(listing, touched);
    const { setting } = this.table;
    const events = await this.eventsOfAll(listing, touched);
    // Changes that come while the events are made are found the next time, by comparison with this listing.
    this.remember(listing, setting);
    return events ?? whole;
  }

  /** The events for single rows; undefined where the client must read the whole table again. */
  private async eventsOfAll(listing: WholeListing, touched: Touched): Promise<TableEvent[] | undefined> {
    const before = this.known;
    const now = new Set(listing.lines.map(keyOf));
    // A new restriction changes the set of rows, and changed rows change the headings of categories: then the whole table has changed.
    if (touched === 'all' || before?.setting !== this.table.setting || this.table.hasCategories) return undefined;
    const gone = [...before.keys].filter((key) => !now.has(key));
    const changed: Changed[] = [];
    for (const [i, line] of listing.lines.entries()) {
      const key = keyOf(line);
      const added = !before.keys.has(key);
      if (!added && !touched.has(key)) continue;
      changed.push({
        kind: added ? TABLE_EVENT.ROW_ADDED : TABLE_EVENT.ROW_MODIFIED,
        line,
        prior: bytesOf(listing.lines[i - 1]),
      });
    }
    if (gone.length + changed.length > MANY) return undefined;
    return [...gone.map((key) => this.deleted(key)), ...(await this.shown(changed))];
  }

  private async eventsOfPages(listing: PagedListing, touched: Exclude<Touched, 'all'>): Promise<TableEvent[]> {
    const rows = await this.table.rowsOf([...touched.keys()].map((key) => Buffer.from(key, 'hex')));
    const there = new Set(rows.map(({ key }) => key.toString('hex')));
    const changed: Changed[] = [];
    for (const row of rows)
      changed.push({
        kind: touched.get(row.key.toString('hex')) === 'new' ? TABLE_EVENT.ROW_ADDED : TABLE_EVENT.ROW_MODIFIED,
        line: { kind: 'row', row, depth: 0 },
        prior: (await listing.before(row))?.key,
      });
    const gone = [...touched.keys()].filter((key) => !there.has(key));
    return [...gone.map((key) => this.deleted(key)), ...(await this.shown(changed))];
  }

  private deleted(key: string): TableEvent {
    return { kind: TABLE_EVENT.ROW_DELETED, objectType: this.table.objectType, key: Buffer.from(key, 'hex') };
  }

  private async shown(changed: readonly Changed[]): Promise<TableEvent[]> {
    const rows = await this.table.show(changed.map(({ line }) => line));
    return changed.map(({ kind, line, prior }, i) => ({
      kind,
      objectType: this.table.objectType,
      key: bytesOf(line) ?? Buffer.alloc(0),
      ...(prior ? { prior } : {}),
      row: rows[i] ?? [],
    }));
  }
}

const bytesOf = (line: Line | undefined): Buffer | undefined => (line ? Buffer.from(keyOf(line), 'hex') : undefined);
