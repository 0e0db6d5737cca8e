import type { PropertyValue } from '../../../shared/mapi/property.ts';
import type { PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { Pages, Row } from './row-source.ts';

/** The lines of a table: rows, and the headings of categories. */
export type Line = { kind: 'row'; row: Row; depth: number } | { kind: 'category'; category: Category };

export interface Category {
  key: Buffer;
  depth: number;
  /** The values that its category and the categories above it group by. */
  values: Map<PropertyTag, PropertyValue | undefined>;
  count: number;
  unread: number;
  expanded: boolean;
}

/** A position that can be found again when rows are added or removed: the line before it, where that is known. */
export interface Anchor {
  index: number;
  line: Line | undefined;
}

/** The lines of a table in their order. */
export interface Listing {
  readonly length: number;
  slice(start: number, end: number): Promise<Line[]>;
  /** Whether the rows after a position can be read without counting again. */
  continues(index: number): boolean;
  /** The anchor of a position, by which a later listing finds it. */
  anchor(index: number): Anchor;
  /** The present position of an anchor. */
  place(anchor: Anchor): Promise<number>;
}

export const keyOf = (line: Line | undefined): string =>
  line === undefined ? '' : (line.kind === 'row' ? line.row.key : line.category.key).toString('hex');

/** A listing whose lines are all in memory. */
export class WholeListing implements Listing {
  readonly lines: readonly Line[];

  constructor(lines: readonly Line[]) {
    this.lines = lines;
  }

  get length(): number {
    return this.lines.length;
  }

  async slice(start: number, end: number): Promise<Line[]> {
    return this.lines.slice(start, end);
  }

  continues(): boolean {
    return false;
  }

  anchor(index: number): Anchor {
    return { index, line: this.lines[index - 1] };
  }

  async place({ index, line }: Anchor): Promise<number> {
    const key = keyOf(line);
    const found = line ? this.lines.findIndex((each) => keyOf(each) === key) : -1;
    return found >= 0 ? found + 1 : Math.min(index, this.length);
  }
}

/** A listing whose rows are read when they are shown. */
export class PagedListing implements Listing {
  readonly length: number;
  private readonly pages: Pages;
  /** The rows that were read last, and the position of the first. */
  private start = 0;
  private read: Row[] = [];

  private constructor(pages: Pages, length: number) {
    this.pages = pages;
    this.length = length;
  }

  static async open(pages: Pages): Promise<PagedListing> {
    return new PagedListing(pages, await pages.count());
  }

  async slice(start: number, end: number): Promise<Line[]> {
    const before = this.read[start - 1 - this.start];
    if (before) {
      this.read = [before, ...(await this.pages.after(before, end - start))];
      this.start = start - 1;
    } else {
      // One row more is read, so that the row before the position is known.
      this.start = Math.max(start - 1, 0);
      this.read = await this.pages.at(this.start, end - this.start, this.length);
    }
    return this.read.slice(start - this.start).map((row) => ({ kind: 'row', row, depth: 0 }));
  }

  /** The row before a row's position. */
  async before(row: Row): Promise<Row | undefined> {
    const { before } = await this.pages.rank(row);
    return before === 0 ? undefined : (await this.pages.at(before - 1, 1, this.length))[0];
  }

  continues(index: number): boolean {
    return !this.pages.fixed && this.read[index - 1 - this.start] !== undefined;
  }

  anchor(index: number): Anchor {
    const row = this.read[index - 1 - this.start];
    return { index, line: row && { kind: 'row', row, depth: 0 } };
  }

  async place({ index, line }: Anchor): Promise<number> {
    if (line?.kind !== 'row') return Math.min(index, this.length);
    const { before, there } = await this.pages.rank(line.row);
    return before + (there ? 1 : 0);
  }
}
