import type { SearchKey } from '../../../../shared/protocol/imap/search-keys.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { type ListColumns, listMessages, type MessageState } from '../../../../shared/store/messages/message-list.ts';
import type { ColumnName } from '../../../../shared/store/messages/search-column-cache.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { asks, type Candidate, isColumn, matchesKey, some } from './search-criteria.ts';

/** Messages of which columns are read at a time. */
const CHUNK = 2000;

/** The data of a message that a search has without opening it. */
type Known = Pick<Candidate, 'state' | 'row' | 'columns'>;

/**
 * The messages that a search must examine, with their columns, and with their rows where a criterion needs more. Messages that the folder
 * index rules out are left out.
 */
export async function* candidates(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  key: SearchKey,
  saved: ReadonlySet<Uid>,
): AsyncIterable<Known[]> {
  const now = session.context.store.clock();
  const isPossible = (known: Known) => matchesKey(key, { ...known, mailbox, now, saved, opened: undefined }) !== false;
  const names = columnsOf(key);
  const objectIds = asks(key, 'email-id') || asks(key, 'thread-id');
  const header = some(key, (each) => each.key === 'header' && !isColumn(each.field));
  let rest: Known[] = (await mailbox.statesOf(uids, session.commandAt)).map(onlyState);
  if (names.length > 0 || objectIds || header) rest = rest.filter(isPossible);
  for (let i = 0; i < rest.length; i += CHUNK) {
    let chunk = rest.slice(i, i + CHUNK);
    if (names.length > 0) {
      const numbers = chunk.map(({ state }) => state.uid);
      const columns = await session.context.columns.read(mailbox.ref, mailbox.folder, numbers, names);
      chunk = chunk.map(({ state }) => ({ state, row: undefined, columns })).filter(isPossible);
    }
    if (objectIds || header) chunk = await withRows(session, mailbox, chunk, { objectIds, header });
    yield chunk;
  }
}

const onlyState = (state: MessageState): Known => ({ state, row: undefined, columns: undefined });

async function withRows(
  session: ImapSession,
  mailbox: SelectedMailbox,
  known: readonly Known[],
  wide: Pick<ListColumns, 'objectIds' | 'header'>,
): Promise<Known[]> {
  const byUid = new Map(known.map((each) => [each.state.uid, each]));
  const found: Known[] = [];
  const { db } = session.context.store;
  for await (const rows of listMessages(db, mailbox.ref, mailbox.folder, [...byUid.keys()], wide))
    found.push(...rows.map((row) => ({ state: row, row, columns: byUid.get(row.uid)?.columns })));
  return found;
}

/** The columns that decide about the criteria of a search. */
function columnsOf(key: SearchKey): ColumnName[] {
  const names = new Set<ColumnName>();
  some(key, (each) => {
    const name = columnOf(each);
    if (name) names.add(name);
    return false;
  });
  return [...names];
}

function columnOf(key: SearchKey): ColumnName | undefined {
  switch (key.key) {
    case 'header':
      return isColumn(key.field) ? key.field : undefined;
    case 'date':
      return ({ sent: 'sentDay', received: 'receivedAt', saved: 'savedAt' } as const)[key.field];
    case 'age':
      return 'receivedAt';
    case 'size':
      return 'size';
    default:
      return undefined;
  }
}
