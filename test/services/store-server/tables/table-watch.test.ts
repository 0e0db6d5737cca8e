import { describe, expect, it } from 'vitest';
import { Table } from '../../../../services/store-server/tables/table.ts';
import type { TableEvent } from '../../../../services/store-server/tables/table-watch.ts';
import { PamojaError } from '../../../../shared/mapi/error.ts';
import { TABLE_EVENT } from '../../../../shared/mapi/notification-events.ts';
import { PR } from '../../../../shared/mapi/property-tags.ts';
import { PagesInMemory, RowsInMemory, rowOf } from './rows-in-memory.ts';

const rowsOf = (...subjects: string[]) => subjects.map((subject) => rowOf(subject));
const touched = (how: 'new' | 'changed', ...subjects: string[]) =>
  new Map(subjects.map((subject) => [Buffer.from(subject).toString('hex'), how]));

const NAMES = { 1: 'the table changed', 3: 'added', 4: 'deleted', 5: 'modified' } as Record<number, string>;
const said = ({ kind, key, prior }: TableEvent): string =>
  [NAMES[kind], key?.toString(), ...(prior ? ['behind', prior.toString()] : [])].filter(Boolean).join(' ');

async function watched<S extends RowsInMemory>(source: S) {
  const table = new Table(source);
  const events: TableEvent[] = [];
  const stop = await table.watch((found) => void events.push(...found));
  const heard = () => events.splice(0).map(said);
  return { source, table, heard, events, stop };
}

const MANY = Array.from({ length: 11 }, (_, i) => `m${i}`);

describe.each([
  ['whose rows are in memory', RowsInMemory],
  ['that is read page by page', PagesInMemory],
] as const)('a client that watches a table %s', (_, Source) => {
  it('is notified of an added row and of the row before it', async () => {
    const { source, heard, events } = await watched(new Source(rowsOf('b', 'd')));
    source.change(rowsOf('a', 'b', 'c', 'd'));
    await source.tell(touched('new', 'a', 'c'));
    expect(events[1]?.row).toEqual([{ tag: PR.SUBJECT, value: 'c' }]);
    expect(heard()).toEqual(['added a', 'added c behind b']);
  });

  it('is notified of changed and of deleted rows', async () => {
    const { source, heard } = await watched(new Source(rowsOf('a', 'b', 'c')));
    source.change(rowsOf('b', 'c'));
    await source.tell(new Map([...touched('changed', 'a'), ...touched('changed', 'c')]));
    expect(heard().sort()).toEqual(['deleted a', 'modified c behind b']);
  });

  it('gets one notification of the table when more than ten rows have changed, or any may have', async () => {
    const { source, heard } = await watched(new Source(rowsOf('a')));
    source.change(rowsOf('a', ...MANY));
    await source.tell(touched('new', ...MANY));
    expect(heard()).toEqual(['the table changed']);
    await source.tell('all');
    expect(heard()).toEqual(['the table changed']);
  });

  it('gets no notifications after it has stopped', async () => {
    const { source, heard, stop } = await watched(new Source(rowsOf('a')));
    stop();
    source.change(rowsOf('a', 'b'));
    await source.tell(touched('new', 'b'));
    expect(heard()).toEqual([]);
    expect(source.watchers).toEqual([]);
  });

  it.each(['NO_ACCESS', 'NOT_FOUND', 'END_OF_SESSION'] as const)(
    'hears nothing, and gets no error, where the rows are refused with %s',
    async (code) => {
      const { source, heard } = await watched(new Source(rowsOf('a')));
      Object.assign(source, {
        requireReady: async () => {
          throw new PamojaError(code, 'taken away');
        },
      });
      await source.tell(touched('changed', 'a'));
      expect(heard()).toEqual([]);
    },
  );

  it('is served again where the rows could not be read for another reason', async () => {
    const { source } = await watched(new Source(rowsOf('a')));
    Object.assign(source, {
      requireReady: async () => {
        throw new PamojaError('NETWORK_ERROR', 'the database is unreachable');
      },
    });
    await expect(source.tell(touched('changed', 'a'))).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
  });
});

describe('a client that watches a restricted table', () => {
  it('is notified of an added or deleted row when a row begins or ceases to match', async () => {
    const source = new RowsInMemory([rowOf('a'), rowOf('b', [[PR.IMPORTANCE, 2]])]);
    const table = new Table(source);
    table.restrict({ type: 'exist', tag: PR.IMPORTANCE });
    const events: TableEvent[] = [];
    await table.watch((found) => void events.push(...found));
    source.change([rowOf('a', [[PR.IMPORTANCE, 2]]), rowOf('b')]);
    await source.tell(touched('changed', 'a', 'b'));
    expect(events.map(said)).toEqual(['deleted b', 'added a']);
  });

  it('gets a notification of the table after it was restricted again', async () => {
    const { source, table, events } = await watched(new RowsInMemory(rowsOf('a', 'b')));
    table.restrict({ type: 'exist', tag: PR.SUBJECT });
    await source.tell(touched('changed', 'a'));
    expect(events.map(({ kind }) => kind)).toEqual([TABLE_EVENT.CHANGED]);
    events.length = 0;
    await source.tell(touched('changed', 'a'));
    expect(events.map(said)).toEqual(['modified a']);
  });
});

describe('a client that watches a table with categories', () => {
  it('gets a notification of the table, since headings change with their rows', async () => {
    const { source, table, heard } = await watched(new RowsInMemory(rowsOf('a', 'b')));
    table.sort([{ tag: PR.SUBJECT, descending: false }], 1, 1);
    await source.tell(touched('changed', 'a'));
    await source.tell(touched('changed', 'a'));
    expect(heard()).toEqual(['the table changed', 'the table changed']);
  });
});
