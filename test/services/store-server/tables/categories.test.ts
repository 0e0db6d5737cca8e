import { describe, expect, it } from 'vitest';
import { Table } from '../../../../services/store-server/tables/table.ts';
import { MSGFLAG } from '../../../../shared/mapi/message-flags.ts';
import { PR } from '../../../../shared/mapi/property-tags.ts';
import { BOOKMARK, ROW_TYPE } from '../../../../shared/mapi/table-flags.ts';
import { RowsInMemory, rowOf } from './rows-in-memory.ts';

const message = (subject: string, importance: number, read: boolean) =>
  rowOf(subject, [
    [PR.IMPORTANCE, importance],
    [PR.MESSAGE_FLAGS, read ? MSGFLAG.READ : 0],
  ]);
const messages = [message('a', 1, true), message('b', 2, false), message('c', 1, false), message('d', 1, false)];

const BY_IMPORTANCE = [
  { tag: PR.IMPORTANCE, descending: false },
  { tag: PR.SUBJECT, descending: false },
];

/** A table with a category for each importance, open or closed at first. */
function open(expanded: number, rows = messages) {
  const source = new RowsInMemory(rows);
  const table = new Table(source);
  table.setColumns([PR.SUBJECT, PR.IMPORTANCE, PR.ROW_TYPE, PR.DEPTH, PR.INSTANCE_KEY]);
  table.sort(BY_IMPORTANCE, 1, expanded);
  return { source, table };
}

/** The subject of each row; of a category its importance, after a sign that says whether it is open. */
const shown = async (table: Table): Promise<string[]> => {
  await table.seek(BOOKMARK.BEGINNING, 0);
  return (await table.query(100, true)).map(([subject, importance, type]) =>
    type?.value === ROW_TYPE.LEAF_ROW
      ? String(subject?.value)
      : `${type?.value === ROW_TYPE.EXPANDED_CATEGORY ? '-' : '+'}${importance?.value}`,
  );
};

async function keyOf(table: Table, importance: number): Promise<Buffer> {
  await table.seek(BOOKMARK.BEGINNING, 0);
  const rows = await table.query(100, true);
  const heading = rows.find(([, value, type]) => value?.value === importance && type?.value !== ROW_TYPE.LEAF_ROW);
  const key = heading?.[4]?.value;
  if (!Buffer.isBuffer(key)) throw new Error('no such category');
  return key;
}

describe('a table with categories', () => {
  it('has a heading for each value, with its rows below where it is open', async () => {
    expect(await shown(open(1).table)).toEqual(['-1', 'a', 'c', 'd', '-2', 'b']);
    expect(await shown(open(0).table)).toEqual(['+1', '+2']);
  });

  it('says how many rows a category has, and how many of them are unread', async () => {
    const { table } = open(0);
    table.setColumns([PR.CONTENT_COUNT, PR.CONTENT_UNREAD, PR.DEPTH]);
    const counts = (await table.query(9, false)).map((row) => row.map(({ value }) => value));
    expect(counts).toEqual([
      [3, 2, 0],
      [1, 1, 0],
    ]);
  });

  it('refuses more categories than sorted columns, and more open ones than there are', () => {
    const { table } = open(1);
    expect(() => table.sort(BY_IMPORTANCE, 3, 0)).toThrow('more categories than columns');
    expect(() => table.sort(BY_IMPORTANCE, 1, 2)).toThrow('more categories than columns');
  });

  it('gives as many rows of an opened category as were asked for, and says how many there are beyond', async () => {
    const { table } = open(0);
    const { rows, more } = await table.expand(await keyOf(table, 1), 2);
    expect(rows.map(([subject]) => subject?.value)).toEqual(['a', 'c']);
    expect(more).toBe(1);
    expect(await shown(table)).toEqual(['-1', 'a', 'c', 'd', '+2']);
  });

  it('says how many rows have gone with a closed category', async () => {
    const { table } = open(1);
    expect(await table.collapse(await keyOf(table, 1))).toBe(3);
    expect(await shown(table)).toEqual(['+1', '-2', 'b']);
  });

  it('stays at its row when a category before it is opened or closed', async () => {
    const { table } = open(1);
    const key = await keyOf(table, 1);
    const next = async () => (await table.query(1, true))[0]?.[0]?.value;
    await table.seek(BOOKMARK.END, -1);
    expect(await next()).toBe('b');
    await table.collapse(key);
    expect(await next()).toBe('b');
    await table.expand(key, 0);
    expect(await next()).toBe('b');
  });

  it('refuses to open a category that is open, to close one that is closed, and either for one that it has not', async () => {
    const { table } = open(1);
    const key = await keyOf(table, 1);
    await expect(table.expand(key, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await table.collapse(key);
    await expect(table.collapse(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(table.expand(Buffer.from('none'), 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps a category closed when rows come to it', async () => {
    const { source, table } = open(1);
    await table.collapse(await keyOf(table, 2));
    source.change([...messages, message('e', 2, true)]);
    expect(await shown(table)).toEqual(['-1', 'a', 'c', 'd', '+2']);
  });

  it('can be opened later as it was left', async () => {
    const { table } = open(1);
    const [first, second] = [await keyOf(table, 1), await keyOf(table, 2)];
    await table.collapse(first);
    const later = open(1).table;
    const bookmark = await later.setCollapseState(table.collapseState(second));
    expect(await shown(later)).toEqual(['+1', '-2', 'b']);
    expect(await later.seek(bookmark, 0)).toBe(0);
    expect((await later.rowCount()).row).toBe(1);
  });

  it.each(['', 'null', '{}', '{"categories":1,"at":""}', '{"categories":[],"at":1}'])(
    'refuses %j as a state of its categories',
    async (state) => {
      await expect(open(1).table.setCollapseState(Buffer.from(state))).rejects.toMatchObject({ code: 'BAD_VALUE' });
    },
  );
});
