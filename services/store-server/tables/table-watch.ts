import { TABLE_EVENT } from '../../../shared/mapi/notification-events.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { keyOf, type Line, type PagedListing, WholeListing } from './listing.ts';
import type { Row, Touched } from './row-source.ts';

export interface TableEvent {
  kind: number;
  /** What its rows are (`OBJECT`). */
  objectType: number;
  /** Of the row; undefined where the whole table is meant. */
  key?: Buffer;
  /** Of the row before it; undefined for the first. */
  prior?: Buffer;
  /** What the row shows. */
  row?: Property[];
}

/** Rows that are told of one by one; beyond that the table has changed as a whole. */
const MANY = 10;

interface Changed {
  kind: number;
  line: Line;
  prior: Buffer | undefined;
}

/** A table as it is watched. */
export interface WatchedTable {
  readonly objectType: number;
  /** Grows with each new order and restriction. */
  readonly setting: number;
  readonly hasCategories: boolean;
  /** The rows as they are now. */
  current(): Promise<PagedListing | WholeListing>;
  rowsOf(keys: readonly Buffer[]): Promise<Row[]>;
  show(lines: readonly Line[]): Promise<Property[][]>;
}

/** Tells what has changed in a table since it was looked at last. */
export class TableWatch {
  private readonly table: WatchedTable;
  /** Keys of the rows that the table had, where all of them are in memory; and of which order and restriction they are. */
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

  /** What has happened, where it can only have happened to some rows. */
  async eventsOf(touched: Touched): Promise<TableEvent[]> {
    const { objectType } = this.table;
    const whole: TableEvent[] = [{ kind: TABLE_EVENT.CHANGED, objectType }];
    const listing = await this.table.current();
    if (!(listing instanceof WholeListing))
      return touched === 'all' || touched.size > MANY ? whole : this.eventsOfPages(listing, touched);
    const { setting } = this.table;
    const events = await this.eventsOfAll(listing, touched);
    // What was not told is told the next time.
    this.remember(listing, setting);
    return events ?? whole;
  }

  /** Undefined where the client is to read the whole table again. */
  private async eventsOfAll(listing: WholeListing, touched: Touched): Promise<TableEvent[] | undefined> {
    const before = this.known;
    const now = new Set(listing.lines.map(keyOf));
    // Other rows than before may be due to another restriction; and headings of categories change with rows.
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
