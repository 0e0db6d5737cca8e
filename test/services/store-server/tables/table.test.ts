import { describe, expect, it } from 'vitest';
import { Table } from '../../../../services/store-server/tables/table.ts';
import { ERROR_CODES } from '../../../../shared/mapi/error.ts';
import { PR, type PropertyTag, PT, withType } from '../../../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../../../shared/mapi/restriction.ts';
import { BOOKMARK } from '../../../../shared/mapi/table-flags.ts';
import { firstColumn, PagesInMemory, RowsInMemory, rowOf } from './rows-in-memory.ts';

const rowsOf = (...subjects: string[]) => subjects.map((subject) => rowOf(subject));
const letters = rowsOf('b', 'd', 'f', 'h', 'j');

const subject = (value: string): Restriction => ({
  type: 'property',
  relation: 'equal',
  tag: PR.SUBJECT,
  property: { tag: PR.SUBJECT, value },
});
const from = (value: string): Restriction => ({ ...subject(value), relation: 'greaterOrEqual' }) as Restriction;

const KINDS = [
  ['that are all in memory', RowsInMemory],
  ['that are read page by page', PagesInMemory],
] as const;

describe.each(KINDS)('a table of rows %s', (_, Source) => {
  const open = () => {
    const source = new Source(letters);
    return { source, table: new Table(source) };
  };
  const next = async (table: Table, count: number) => firstColumn(await table.query(count, false));

  it('returns its rows in portions, and no rows after the last', async () => {
    const { table } = open();
    expect(await next(table, 2)).toEqual(['b', 'd']);
    expect(await next(table, 2)).toEqual(['f', 'h']);
    expect(await next(table, 2)).toEqual(['j']);
    expect(await next(table, 2)).toEqual([]);
    expect(await table.rowCount()).toEqual({ count: 5, row: 5 });
  });

  it('gives the rows before the position for a negative count, and goes back there', async () => {
    const { table } = open();
    await table.seek(BOOKMARK.BEGINNING, 4);
    expect(await next(table, -2)).toEqual(['f', 'h']);
    expect(await table.rowCount()).toEqual({ count: 5, row: 2 });
    expect(await next(table, -9)).toEqual(['b', 'd']);
    expect(await next(table, -1)).toEqual([]);
  });

  it('stays where it is when the client asks for that', async () => {
    const { table } = open();
    await table.seek(BOOKMARK.BEGINNING, 1);
    expect(firstColumn(await table.query(2, true))).toEqual(['d', 'f']);
    expect(firstColumn(await table.query(-2, true))).toEqual(['b']);
    expect(await next(table, 1)).toEqual(['d']);
  });

  it('says how far it went, and goes neither before the first row nor behind the last', async () => {
    const { table } = open();
    expect(await table.seek(BOOKMARK.BEGINNING, 3)).toBe(3);
    expect(await table.seek(BOOKMARK.CURRENT, -2)).toBe(-2);
    expect(await table.seek(BOOKMARK.CURRENT, -7)).toBe(-1);
    expect(await table.seek(BOOKMARK.END, -1)).toBe(-1);
    expect(await table.seek(BOOKMARK.CURRENT, 1000)).toBe(1);
    expect(await table.rowCount()).toEqual({ count: 5, row: 5 });
  });

  it('repeats and omits no row when rows are added and deleted before its position', async () => {
    const { source, table } = open();
    expect(await next(table, 2)).toEqual(['b', 'd']);
    source.change(rowsOf('a', 'b', 'c', 'd', 'f', 'h', 'j'));
    expect(await next(table, 1)).toEqual(['f']);
    source.change(rowsOf('f', 'h', 'j'));
    expect(await next(table, 2)).toEqual(['h', 'j']);
  });

  it('shows rows that have come behind its position', async () => {
    const { source, table } = open();
    await next(table, 2);
    source.change(rowsOf('b', 'd', 'e', 'f'));
    expect(await next(table, 9)).toEqual(['e', 'f']);
  });

  it('ends at the last row when rows have gone under its position', async () => {
    const { source, table } = open();
    await table.seek(BOOKMARK.END, 0);
    source.change(rowsOf('b'));
    expect(await table.rowCount()).toEqual({ count: 1, row: 1 });
    expect(await next(table, -5)).toEqual(['b']);
  });

  it('finds a bookmark behind its row again, wherever that is now', async () => {
    const { source, table } = open();
    await table.seek(BOOKMARK.BEGINNING, 2);
    const bookmark = await table.createBookmark();
    await table.seek(BOOKMARK.END, 0);
    source.change(rowsOf('a', 'b', 'c', 'd', 'f'));
    await table.seek(bookmark, 0);
    expect(await table.rowCount()).toEqual({ count: 5, row: 4 });
    expect(await next(table, 1)).toEqual(['f']);
  });

  it.each([
    ['that was freed', (table: Table, id: number) => table.freeBookmark(id)],
    ['of an order that it no longer has', (table: Table) => table.sort([], 0, 0)],
    ['of rows that were restricted since', (table: Table) => table.restrict(undefined)],
  ])('refuses a bookmark %s', async (_, lose) => {
    const { table } = open();
    const bookmark = await table.createBookmark();
    lose(table, bookmark);
    await expect(table.seek(bookmark, 0)).rejects.toMatchObject({ code: 'INVALID_BOOKMARK' });
    expect(() => table.freeBookmark(bookmark)).toThrow('no such bookmark');
  });

  it('begins at its first row again with another order or another restriction', async () => {
    const { table } = open();
    await table.seek(BOOKMARK.END, 0);
    table.sort([{ tag: PR.SUBJECT, descending: false }], 0, 0);
    expect((await table.rowCount()).row).toBe(0);
    await table.seek(BOOKMARK.END, 0);
    table.restrict(undefined);
    expect((await table.rowCount()).row).toBe(0);
  });

  it('goes to the row that is looked for, forwards and backwards', async () => {
    const { table } = open();
    await table.find(BOOKMARK.BEGINNING, false, from('e'));
    expect(await next(table, 1)).toEqual(['f']);
    await table.find(BOOKMARK.CURRENT, false, from('e'));
    expect(await next(table, 1)).toEqual(['h']);
    await table.find(BOOKMARK.END, true, subject('b'));
    expect(await next(table, 1)).toEqual(['b']);
  });

  it('stays where it is when there is no such row', async () => {
    const { table } = open();
    await table.seek(BOOKMARK.BEGINNING, 2);
    await expect(table.find(BOOKMARK.CURRENT, false, subject('b'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(table.find(BOOKMARK.CURRENT, true, undefined)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    expect(await next(table, 1)).toEqual(['f']);
  });

  it('opens no more rows for a costly column than it shows', async () => {
    const { source, table } = open();
    table.setColumns([PR.SUBJECT, PR.BODY]);
    await table.seek(BOOKMARK.BEGINNING, 1);
    await next(table, 2);
    expect(source.opened).toEqual([['d', 'f']]);
  });

  it('refuses its rows once they cannot be had any more', async () => {
    const { source, table } = open();
    await next(table, 2);
    Object.assign(source, {
      requireReady: async () => {
        throw Object.assign(new Error('taken away'), { code: 'NO_ACCESS' });
      },
    });
    await expect(table.query(1, false)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(table.seek(BOOKMARK.BEGINNING, 0)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    await expect(table.rowCount()).rejects.toMatchObject({ code: 'NO_ACCESS' });
  });
});

describe('a table that is read page by page', () => {
  it('reads the page that follows by the last row, without counting', async () => {
    const source = new PagesInMemory(letters);
    const table = new Table(source);
    await table.query(2, false);
    await table.query(2, false);
    expect(source.reads).toEqual(['count', ['b', 'd'], ['f', 'h']]);
  });

  it('reads some hundred rows at a time, however many are asked for', async () => {
    const source = new PagesInMemory(rowsOf(...Array.from({ length: 1200 }, (_, i) => String(i).padStart(4, '0'))));
    expect((await new Table(source).query(5000, false)).length).toBe(1200);
    expect(source.reads.map((read) => read.length)).toEqual(['count'.length, 500, 500, 200]);
  });
});

describe('a table without an order', () => {
  it('has its rows as they came, or the newest first', async () => {
    const source = new RowsInMemory(rowsOf('m', 'a', 'z'));
    expect(firstColumn(await new Table(source).query(9, false))).toEqual(['m', 'a', 'z']);
    const newest = new Table(Object.assign(source, { newestFirst: true }));
    expect(firstColumn(await newest.query(9, false))).toEqual(['z', 'a', 'm']);
  });
});

describe('a sorted table', () => {
  const rows = [
    rowOf('first', [[PR.IMPORTANCE, 1]]),
    rowOf('second', [[PR.IMPORTANCE, 2]]),
    rowOf('third', [[PR.IMPORTANCE, 1]]),
  ];
  const sorted = async (...orders: [PropertyTag, 'up' | 'down'][]) => {
    const table = new Table(new RowsInMemory(rows));
    table.sort(
      orders.map(([tag, way]) => ({ tag, descending: way === 'down' })),
      0,
      0,
    );
    return firstColumn(await table.query(9, false));
  };

  it('leaves rows with equal values as they came', async () => {
    expect(await sorted([PR.IMPORTANCE, 'up'])).toEqual(['first', 'third', 'second']);
    expect(await sorted([PR.IMPORTANCE, 'down'])).toEqual(['second', 'first', 'third']);
  });

  it('orders rows with equal values by the next column', async () => {
    expect(await sorted([PR.IMPORTANCE, 'up'], [PR.SUBJECT, 'down'])).toEqual(['third', 'first', 'second']);
  });
});

describe('a restricted table', () => {
  it('has the rows that match, as they are each time', async () => {
    const source = new RowsInMemory(letters);
    const table = new Table(source);
    table.restrict(from('f'));
    expect(await table.rowCount()).toEqual({ count: 3, row: 0 });
    source.change(rowsOf('a', 'b', 'x', 'y'));
    expect(firstColumn(await table.query(9, false))).toEqual(['x', 'y']);
    table.restrict(undefined);
    expect(await table.rowCount()).toEqual({ count: 4, row: 0 });
  });

  it('finds a row by its instance key', async () => {
    const table = new Table(new RowsInMemory(letters));
    const key = { tag: PR.INSTANCE_KEY, value: Buffer.from('d') };
    table.restrict({ type: 'property', relation: 'equal', tag: PR.INSTANCE_KEY, property: key });
    expect(firstColumn(await table.query(9, false))).toEqual(['d']);
  });

  it('opens all rows for a condition on a costly column', async () => {
    const source = new RowsInMemory(rowsOf('a', 'b'));
    const table = new Table(source);
    table.restrict({ type: 'exist', tag: PR.BODY });
    expect(await table.query(9, false)).toEqual([]);
    expect(source.opened).toEqual([['a', 'b']]);
  });
});

describe('a cell', () => {
  const shown = async (columns: PropertyTag[], more: Parameters<typeof rowOf>[1]) => {
    const table = new Table(new RowsInMemory([rowOf('x', more)]));
    table.setColumns(columns);
    return (await table.query(1, false))[0];
  };

  it('without a value is an error that says so', async () => {
    expect(await shown([PR.IMPORTANCE], [])).toEqual([
      { tag: withType(PR.IMPORTANCE, PT.ERROR), value: ERROR_CODES.NOT_FOUND },
    ]);
  });

  it('has the type of the value where the column leaves it open', async () => {
    const open = withType(PR.IMPORTANCE, PT.UNSPECIFIED);
    expect(await shown([open], [[PR.IMPORTANCE, 2]])).toEqual([{ tag: PR.IMPORTANCE, value: 2 }]);
  });

  it('shows the first 255 characters of a long text, and never half of one', async () => {
    expect(await shown([PR.BODY], [[PR.BODY, 'y'.repeat(300)]])).toMatchObject([{ value: 'y'.repeat(255) }]);
    const halved = await shown([PR.BODY], [[PR.BODY, `${'y'.repeat(254)}\u{1f600}`]]);
    expect(halved).toMatchObject([{ value: 'y'.repeat(254) }]);
  });

  it('shows the first 255 bytes of a long body, and the whole of an id', async () => {
    const long = Buffer.alloc(400, 7);
    const row = await shown(
      [PR.HTML, PR.ENTRYID],
      [
        [PR.HTML, long],
        [PR.ENTRYID, long],
      ],
    );
    expect(row).toMatchObject([{ value: long.subarray(0, 255) }, { value: long }]);
  });
});
