import { bagRow } from '../../../../services/store-server/tables/bag-row.ts';
import type { Pages, Row, RowSource, Touched } from '../../../../services/store-server/tables/row-source.ts';
import type { Property, PropertyValue } from '../../../../shared/mapi/property.ts';
import { PR, type PropertyTag } from '../../../../shared/mapi/property-tags.ts';

export const rowOf = (subject: string, more: [PropertyTag, PropertyValue][] = []): Row =>
  bagRow(Buffer.from(subject), new Map([[PR.SUBJECT, subject], ...more]));

const subjectOf = (row: Row): string => String(row.get(PR.SUBJECT));

/** The first column of rows as a client gets them. */
export const firstColumn = (rows: readonly Property[][]): unknown[] => rows.map(([first]) => first?.value);

/** Rows that a test holds, and changes as others change messages. */
export class RowsInMemory implements RowSource {
  readonly columns = [PR.SUBJECT];
  /** Subjects of the rows of which `open` was asked for more, by call. */
  readonly opened: string[][] = [];
  watchers: ((touched: Touched) => Promise<void>)[] = [];
  private held: readonly Row[];
  private changes = 0;

  constructor(held: readonly Row[]) {
    this.held = held;
  }

  change(held: readonly Row[]): void {
    this.held = held;
    this.changes++;
  }

  async rows(): Promise<Row[]> {
    return [...this.held];
  }

  async rowsOf(keys: readonly Buffer[]): Promise<Row[]> {
    return this.held.filter(({ key }) => keys.some((each) => each.equals(key)));
  }

  cheap(tag: PropertyTag): boolean {
    return tag !== PR.BODY;
  }

  async open(rows: readonly Row[]): Promise<void> {
    this.opened.push(rows.map(subjectOf));
  }

  async version(): Promise<string> {
    return String(this.changes);
  }

  async watch(changed: (touched: Touched) => Promise<void>): Promise<() => void> {
    this.watchers.push(changed);
    return () => {
      this.watchers = this.watchers.filter((each) => each !== changed);
    };
  }

  /** Tells the watchers, as the change feed does. */
  async tell(touched: Touched): Promise<void> {
    for (const watcher of this.watchers) await watcher(touched);
  }

  protected inOrder(): Row[] {
    return [...this.held].sort((a, b) => (subjectOf(a) < subjectOf(b) ? -1 : 1));
  }
}

/** The same rows, read page by page in the order of their subjects. */
export class PagesInMemory extends RowsInMemory {
  /** What was read of the store: `count`, or the subjects of a page. */
  readonly reads: (string | string[])[] = [];

  pages(): Pages {
    const note = (rows: Row[]): Row[] => {
      this.reads.push(rows.map(subjectOf));
      return rows;
    };
    return {
      count: async () => {
        this.reads.push('count');
        return this.inOrder().length;
      },
      at: async (start, count) => note(this.inOrder().slice(start, start + count)),
      after: async (row, count) =>
        note(
          this.inOrder()
            .filter((each) => subjectOf(each) > subjectOf(row))
            .slice(0, count),
        ),
      rank: async (row) => ({
        before: this.inOrder().filter((each) => subjectOf(each) < subjectOf(row)).length,
        there: this.inOrder().some((each) => subjectOf(each) === subjectOf(row)),
      }),
    };
  }
}
