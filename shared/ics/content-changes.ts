import { type Restriction, restrictedTags } from '../mapi/restriction.ts';
import { testOf } from '../mapi/restriction-matcher.ts';
import { ICS, SYNC } from '../mapi/sync-flags.ts';
import { append } from '../platform/append.ts';
import { filterYielding } from '../platform/yielding-filter.ts';
import { CHANGE, type Change, messageChangesAfter } from '../store/engine/changes.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { MessageId } from '../store/engine/ids.ts';
import { messageSourceKey } from '../store/folders/change-keys.ts';
import type { Folder } from '../store/folders/folder.ts';
import { FLAG } from '../store/messages/flags.ts';
import { type MessageFacts, messagesByIds, VIEW } from '../store/messages/message-facts.ts';
import type { MapiStore } from '../store/stores/stores.ts';
import { isCheap } from '../store/tables/message-columns.ts';
import type { MessageTableRow } from '../store/tables/message-table-row.ts';
import { messageRows, openRows } from '../store/tables/open-rows.ts';
import { byChangeId, type IcsChange, icsChange } from './ics-change.ts';

/** A folder whose messages a client synchronises. */
export interface SyncedFolder {
  store: MapiStore;
  folder: Folder;
  /** The caller's rights on the folder. */
  rights: number;
  /** Bits of `SYNC`. */
  flags: number;
  /** Only messages that match are synchronised. */
  restriction: Restriction | undefined;
}

/** How far a client has synchronised. */
export interface SyncPoint {
  /** The number of the last change that the client has. */
  after: number;
  /** The client's synchronisation, whose own changes it is not told of; 0 for none. */
  syncId: number;
}

/** Whether a client that synchronises with these flags wants normal or associated messages. */
const wanted = (view: number, flags: number): boolean => {
  const both = (flags & (SYNC.ASSOCIATED | SYNC.NORMAL)) === 0;
  if (view === VIEW.ASSOCIATED) return (flags & SYNC.ASSOCIATED) !== 0;
  return both || (flags & SYNC.NORMAL) !== 0;
};

async function rowsOf(
  context: StoreContext,
  { store, folder, rights, flags, restriction }: SyncedFolder,
  ids?: Buffer[],
): Promise<MessageTableRow[]> {
  const { db } = context;
  const folders = new Map([[folder.id, folder]]);
  const views = [VIEW.LIVE, VIEW.ASSOCIATED].filter((view) => wanted(view, flags));
  const rows: MessageTableRow[] = [];
  if (ids)
    for (let i = 0; i < ids.length; i += 500)
      rows.push(...(await messageRows(db, store, folders, { ids: ids.slice(i, i + 500), views }, () => rights)));
  else
    for (const view of views)
      append(rows, await messageRows(db, store, folders, { folder: folder.id, view }, () => rights));
  if (!restriction) return rows;
  const test = testOf(restriction);
  const costly = restrictedTags(restriction).filter((tag) => !isCheap(tag));
  if (costly.length > 0) await openRows(context, store, rows, costly);
  return filterYielding(rows, test);
}

/** All messages that are there, the newest first. */
export async function allContents(context: StoreContext, synced: SyncedFolder): Promise<IcsChange[]> {
  const rows = await rowsOf(context, synced);
  return rows
    .map(({ facts }) =>
      icsChange(synced.folder, messageSourceKey(facts), facts.contentSeq || facts.modseq, ICS.MESSAGE_NEW),
    )
    .sort((a, b) => b.changeId - a.changeId);
}

/** The messages that have changed since; of each message the latest change of each kind. */
export async function contentChanges(
  context: StoreContext,
  synced: SyncedFolder,
  { after, syncId }: SyncPoint,
): Promise<IcsChange[]> {
  const { db } = context;
  const { store, folder, flags } = synced;
  // MAPI's client cannot ask for the rest of an answer, so all messages are in one; one entry is kept for each message.
  const latest = new Map<string, LatestChanges>();
  for await (const entries of messageChangesAfter(db, store, folder.id, after))
    for (const entry of entries) if (syncId === 0 || entry.syncId !== syncId) noteLatest(latest, entry);
  const ids = [...latest.values()].map(({ id }) => id);
  const shown = new Map((await rowsOf(context, synced, ids)).map(({ facts }) => [facts.id.toString('hex'), facts]));
  const others = ids.filter((id) => !shown.has(id.toString('hex')));
  const facts = new Map((await messagesByIds(db, store, others)).map((each) => [each.id.toString('hex'), each]));
  const found: IcsChange[] = [];
  for (const [hex, changes] of latest)
    found.push(...changesOfMessage(folder, changes, shown.get(hex) ?? facts.get(hex), shown.has(hex), flags));
  return found.sort(byChangeId);
}

/** The change numbers of the latest changes of a message, by kind. */
interface LatestChanges {
  id: MessageId;
  last: number;
  made?: number;
  edited?: number;
  marked?: number;
}

function noteLatest(latest: Map<string, LatestChanges>, { message, seq, kind }: Change): void {
  if (!message) return;
  const key = message.toString('hex');
  const changes = latest.get(key) ?? { id: message, last: seq };
  latest.set(key, changes);
  changes.last = seq;
  if (kind === CHANGE.MESSAGE_NEW) changes.made = seq;
  if (kind === CHANGE.MESSAGE_EDITED) changes.edited = seq;
  if (kind === CHANGE.MESSAGE_CHANGED) changes.marked = seq;
}

function changesOfMessage(
  folder: Folder,
  { id, last, made, edited, marked }: LatestChanges,
  facts: MessageFacts | undefined,
  shown: boolean,
  flags: number,
): IcsChange[] {
  const key = messageSourceKey({ id, sourceKey: facts?.sourceKey ?? null });
  if (!shown) {
    if ((flags & SYNC.NO_DELETIONS) !== 0) return [];
    // A message that still has a row was soft-deleted, moved, or no longer matches the restriction.
    const soft = facts !== undefined;
    if (soft && (flags & SYNC.NO_SOFT_DELETIONS) !== 0) return [];
    return [icsChange(folder, key, last, soft ? ICS.MESSAGE_SOFT_DELETE : ICS.MESSAGE_HARD_DELETE)];
  }
  const found: IcsChange[] = [];
  if (made) found.push(icsChange(folder, key, made, ICS.MESSAGE_NEW));
  if (edited) found.push(icsChange(folder, key, edited, ICS.MESSAGE_CHANGE));
  if (marked && !made && !edited && (flags & SYNC.READ_STATE) !== 0)
    found.push(icsChange(folder, key, marked, ICS.MESSAGE_FLAG, (facts?.flags ?? 0) & FLAG.SEEN));
  return found;
}
