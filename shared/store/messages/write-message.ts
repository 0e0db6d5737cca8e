import { countReferences } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { MapiObject } from '../../mapi/property-document.ts';
import { PR } from '../../mapi/property-tags.ts';
import { contentBlobs } from '../content/content-document.ts';
import { messageRow } from '../content/message-row.ts';
import type { PreparedMessage } from '../content/prepare-message.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import { type FolderId, type MessageId, newGuid, type StoreRef, type Uid } from '../engine/ids.ts';
import type { ChangeNumber, LockedStore } from '../engine/store-lock.ts';
import { requireFreeMessageKey } from '../folders/free-source-key.ts';
import { changeFolderReading, type FolderDelta, NOTHING } from './change-folder.ts';
import { FLAG } from './flags.ts';
import { factsOf, type MessageFacts, messageStatement, VIEW } from './message-facts.ts';
import { flagsOfStatus } from './message-status.ts';
import type { ObjectChange } from './object-change.ts';
import { type ContentRow, contentOf } from './open-message.ts';
import { columnsOf, flagsOfProperties } from './property-columns.ts';

/** A message that is to be made or changed. */
export interface SaveMessage {
  /** The folder that a new message is made in. */
  folder: FolderId;
  id: MessageId;
  change: ObjectChange;
  associated: boolean;
  syncId: number;
  /** Bytes; 0 is none. */
  hardQuota: number;
  /** The user who saves the message: PR_LAST_MODIFIER_NAME and PR_LAST_MODIFIER_ENTRYID. */
  modifier: { name: string; entryId: Buffer };
  /** The source key that the client gives, for a message that comes from another store. */
  sourceKey?: Buffer | undefined;
  /** Asked under the lock before a message is changed, and throws where it may not be; NOT_FOUND is thrown where the message is gone. */
  requireChangeable?: (tx: Database, message: MessageFacts) => Promise<void>;
  /** The message, where the caller has read it already; null: it does not exist. */
  there?: { message: MessageFacts; content: ContentRow | undefined } | null;
}

/** A message as it is to be written. */
export interface NextMessage {
  object: MapiObject;
  /** Undefined where the bytes stay as they are. */
  prepared: PreparedMessage | undefined;
  /** The encoded object. */
  document: Buffer;
}

/** A message as it was read before the lock, and as it is to be written. */
interface MessageWrite {
  save: SaveMessage;
  /** Undefined: it is new. */
  read: MessageFacts | undefined;
  next: NextMessage;
}

/** A message as it is under the lock, and as it is to be written. */
interface LockedWrite {
  save: SaveMessage;
  /** Undefined: it is new. */
  before: MessageFacts | undefined;
  next: NextMessage;
}

type Columns = ReturnType<typeof columnsOf>;

/** Writes a message under the lock of its store. Gives its row; undefined when the message was changed since it was read, and nothing is written. */
export function writeMessage(
  context: StoreContext,
  ref: StoreRef,
  unlocked: MessageWrite,
): Promise<MessageFacts | undefined> {
  const { save, read, next } = unlocked;
  return changeFolderReading<MessageFacts | undefined, Parameters<typeof factsOf>[1]>(
    context,
    ref,
    read?.folder ?? save.folder,
    (tx) => [messageStatement(tx, ref, save.id)],
    async (store, { uidNext, rows }) => {
      const { tx, write } = store;
      const before = rows[0] && factsOf(ref, rows[0]);
      if (!isSameState(before, read)) return { result: undefined, delta: NOTHING };
      // A change of flags leaves the state the same: flags and status are those under the lock.
      const change = { save, before, next };
      if (save.requireChangeable) {
        if (!before) throw new PamojaError('NOT_FOUND', 'the message is gone');
        await save.requireChangeable(tx, before);
      }
      requireRoom(store, change);
      const at = context.clock();
      const columns = columnsOf(next.object, next.prepared);
      const place = placeOf(change, uidNext);
      const seq = appendTo(store, change, place);
      const facts = factsAfter(store, change, { ...place, seq, at, receivedAt: columns.received_at });
      const content = before && (await contentOf(tx, before));
      if (before) await write(updateOf(store, seq, { before, facts, columns }));
      else await write(await insertOf(store, seq, { facts, columns, change }));
      await writeContent(store, seq, save.id, next, before !== undefined);
      const mime = next.prepared?.content ?? content?.mime;
      const blobs = mime ? contentBlobs({ mime, properties: next.document }) : [];
      await countReferences(tx, context.clock, blobs, 1);
      await countReferences(tx, context.clock, content ? contentBlobs(content) : [], -1);
      return { result: facts, delta: deltaOf(before, facts, at), uidsUsed: place.newUid ? 1 : 0 };
    },
  );
}

/** Whether a message was neither changed nor moved nor deleted between two reads. */
const isSameState = (a: MessageFacts | undefined, b: MessageFacts | undefined): boolean =>
  a?.contentSeq === b?.contentSeq && a?.folder === b?.folder && a?.view === b?.view;

function requireRoom(store: LockedStore, { save, before, next: { prepared } }: LockedWrite): void {
  const added = prepared ? prepared.size - (before?.size ?? 0) : 0;
  if (save.hardQuota > 0 && added > 0 && store.size + added > save.hardQuota)
    throw new PamojaError('STORE_FULL', 'the store is full');
}

/** The folder and the uid of a message once it is written: other bytes are another message for IMAP, under a new uid. */
function placeOf({ save, before, next: { prepared } }: LockedWrite, uidNext: number) {
  const newUid = prepared !== undefined || !before;
  return { folder: before?.folder ?? save.folder, uid: newUid ? (uidNext as Uid) : before.uid, newUid };
}

type Place = ReturnType<typeof placeOf>;

/** Appends the changes that clients are told of. Gives the number of the last. */
function appendTo(store: LockedStore, { save, before }: LockedWrite, { folder, uid, newUid }: Place) {
  const { id: message, syncId } = save;
  if (before && newUid && before.view !== VIEW.ASSOCIATED)
    store.append({ kind: CHANGE.MESSAGE_GONE, folder, uid: before.uid, message, syncId });
  return store.append({ kind: before ? CHANGE.MESSAGE_EDITED : CHANGE.MESSAGE_NEW, folder, uid, message, syncId });
}

/** The row of the message once it is written. */
function factsAfter(
  { tenant, store }: StoreRef,
  { save, before, next: { object, prepared } }: LockedWrite,
  { folder, uid, seq, at, receivedAt }: Place & { seq: ChangeNumber; at: number; receivedAt: number | undefined },
): MessageFacts {
  const associated = before ? before.view === VIEW.ASSOCIATED : save.associated;
  return {
    tenant,
    store,
    id: save.id,
    folder,
    uid,
    view: associated ? VIEW.ASSOCIATED : VIEW.LIVE,
    ...flagsAndStatus(save, before, object),
    keywords: before?.keywords ?? '',
    size: prepared?.size ?? before?.size ?? 0,
    receivedAt: receivedAt ?? prepared?.receivedAt ?? before?.receivedAt ?? at,
    savedAt: before?.savedAt ?? at,
    modifiedAt: at,
    modseq: seq,
    contentSeq: seq,
    sourceKey: before?.sourceKey ?? save.sourceKey ?? null,
  };
}

/** Gives flags and status: PR_MSG_STATUS decides the flags that it has bits for. */
function flagsAndStatus(
  { change }: SaveMessage,
  before: MessageFacts | undefined,
  { properties }: MapiObject,
): Pick<MessageFacts, 'flags' | 'status'> {
  const flags = flagsOfProperties(properties, before?.flags ?? 0, !before);
  const status = change.set.get(PR.MSG_STATUS);
  return typeof status === 'number'
    ? { status, flags: flagsOfStatus(status, flags) }
    : { status: before?.status ?? 0, flags };
}

function deltaOf(before: MessageFacts | undefined, { view, flags, size }: MessageFacts, at: number): FolderDelta {
  if (view === VIEW.ASSOCIATED) return { ...NOTHING, associated: before ? 0 : 1, committedAt: at };
  const unseen = (bits: number) => (bits & FLAG.SEEN ? 0 : 1);
  return {
    messages: before ? 0 : 1,
    unseen: unseen(flags) - (before ? unseen(before.flags) : 0),
    size: size - (before?.size ?? 0),
    deleted: 0,
    committedAt: at,
  };
}

async function insertOf(
  store: LockedStore,
  seq: ChangeNumber,
  { facts, columns, change: { save, next } }: { facts: MessageFacts; columns: Columns; change: LockedWrite },
) {
  if (!next.prepared) throw new PamojaError('CALL_FAILED', 'a new message has no bytes');
  const sourceKey = save.sourceKey && save.sourceKey.length > 0 ? save.sourceKey : null;
  if (sourceKey) await requireFreeMessageKey(store.tx, facts, sourceKey);
  const { uid, modseq, savedAt, flags, keywords, status } = facts;
  return store.messages(seq).insert({
    ...messageRow(next.prepared, facts, { uid, modseq, savedAt, flags, keywords }),
    ...columns,
    deleted: facts.view,
    source_key: sourceKey,
    modified_at: facts.modifiedAt,
    content_seq: facts.contentSeq,
    status,
  });
}

const updateOf = (
  store: LockedStore,
  seq: ChangeNumber,
  { before, facts, columns }: { before: MessageFacts; facts: MessageFacts; columns: Columns },
) =>
  store
    .messages(seq)
    .update()
    .set({
      ...columns,
      uid: facts.uid,
      flags: facts.flags,
      status: facts.status,
      modseq: facts.modseq,
      content_seq: facts.contentSeq,
      modified_at: facts.modifiedAt,
    })
    // RFC 8474 §5.1: other bytes, which have another uid, have another EMAILID.
    .$if(facts.uid !== before.uid, (query) => query.set({ email_id: newGuid(facts.modifiedAt) }))
    .where('folder_id', '=', before.folder)
    .where('deleted', '=', before.view)
    .where('uid', '=', before.uid);

async function writeContent(
  store: LockedStore,
  seq: ChangeNumber,
  id: MessageId,
  { prepared, document: properties }: NextMessage,
  there: boolean,
): Promise<void> {
  const bytes = prepared && { mime: prepared.content, parts: prepared.parts };
  if (there)
    await store.write(
      store
        .contents(seq)
        .update()
        .set({ properties, ...bytes })
        .where('id', '=', id),
    );
  else if (bytes) await store.write(store.contents(seq).insert({ id, properties, ...bytes }));
}
