import { createHash } from 'node:crypto';
import { blobKey, blobScope, countReferences, storeBlob } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { conversationId, splitSubject } from '../../mapi/conversation.ts';
import { PamojaError } from '../../mapi/error.ts';
import { fromFileTime, toFileTime } from '../../mapi/filetime.ts';
import { FOLLOW_UP, IMPORTANCE, MSGFLAG, VERB } from '../../mapi/message-flags.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { changeBag } from '../../mapi/property-bag.ts';
import { blobTag, encodeObjectDocument, type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, propertyType } from '../../mapi/property-tags.ts';
import { composeMessage } from '../../mime/compose.ts';
import { MessageSpool } from '../../net/message-spool.ts';
import { contentBlobs } from '../content/content-document.ts';
import { column, messageRow } from '../content/message-row.ts';
import { namesIn } from '../content/named-properties.ts';
import { type PreparedMessage, prepareMessage } from '../content/prepare-message.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import { type FolderId, type MessageId, newGuid, type StoreRef, type TenantId, type Uid } from '../engine/ids.ts';
import type { ChangeNumber, LockedStore } from '../engine/store-lock.ts';
import { requireFreeMessageKey } from '../folders/free-source-key.ts';
import { changeFolderReading, type FolderDelta, NOTHING } from './change-folder.ts';
import { FLAG } from './flags.ts';
import {
  type ContentRow,
  contentOf,
  factsOf,
  type MessageFacts,
  mayBeBlob,
  messageStatement,
  messagesByIds,
  type OpenMessage,
  openMessage,
  VIEW,
} from './mapi-messages.ts';
import { flagsOfStatus } from './message-status.ts';

/** What a client changes of a message or of what is below it. */
export interface ObjectChange {
  type: number;
  /** 0: it is new. */
  id: number;
  deleted: boolean;
  set: PropertyBag;
  removed: readonly PropertyTag[];
  children: readonly ObjectChange[];
}

export interface SaveMessage {
  /** Where it is made, if it is not there yet. */
  folder: FolderId;
  id: MessageId;
  change: ObjectChange;
  associated: boolean;
  syncId: number;
  /** Bytes; 0 is none. */
  hardQuota: number;
  /** Who saves it: PR_LAST_MODIFIER_NAME and PR_LAST_MODIFIER_ENTRYID. */
  modifier: { name: string; entryId: Buffer };
  /** An id that the client gave it, for a message that comes from another store. */
  sourceKey?: Buffer | undefined;
  /** Asked under the lock before a message is changed, and throws where it may not be; NOT_FOUND is thrown where the message is gone. */
  requireChangeable?: (tx: Database, message: MessageFacts) => Promise<void>;
  /** The message as it was found already; null where it was not. */
  there?: { message: MessageFacts; content: ContentRow | undefined } | null;
}

/** What became of a change, part by part in its order: the number of each object, and whether it is new. */
export interface SavedObject {
  id: number;
  created: boolean;
  children: SavedObject[];
}

export interface SavedMessage extends SavedObject {
  facts: MessageFacts;
  object: MapiObject;
}

/** Values of this many bytes and more are blobs. */
const BLOB_MIN = 64 * 1024;

/** Changes of these leave the bytes of a message as they are: they are about it, not in it. */
const NOT_IN_MIME = new Set(
  [
    PR.MESSAGE_FLAGS,
    PR.ICON_INDEX,
    PR.FLAG_STATUS,
    PR.LAST_VERB_EXECUTED,
    PR.LAST_VERB_EXECUTION_TIME,
    PR.FLAG_COMPLETE_TIME,
    PR.FOLLOWUP_ICON,
    PR.TODO_ITEM_FLAGS,
    PR.SWAPPED_TODO_STORE,
    PR.MSG_STATUS,
  ].map((tag) => tag >>> 16),
);

const ATTEMPTS = 5;

/**
 * Makes or changes a message: all of the change or nothing of it. The message that another session has changed meanwhile is read again.
 * Throws STORE_FULL, NOT_FOUND for a folder that is gone, OBJECT_DELETED for a message that is.
 */
export async function saveMessage(context: StoreContext, ref: StoreRef, save: SaveMessage): Promise<SavedMessage> {
  for (let attempt = 1; ; attempt++) {
    const known = attempt === 1 ? save.there : undefined;
    const there =
      known === undefined ? (await messagesByIds(context.db, ref, [save.id]))[0] : (known?.message ?? undefined);
    if (there?.view === VIEW.DELETED) throw new PamojaError('OBJECT_DELETED', 'the message was deleted');
    const opened = there && (await openMessage(context, there, known?.content));
    const next = await applyChange(context, ref, save, opened, there);
    const done = await write(context, ref, save, there, next);
    if (done) return { ...next.saved, facts: done, object: next.object };
    if (attempt >= ATTEMPTS) throw new PamojaError('BUSY', 'the message is being changed again and again');
  }
}

interface Next {
  object: MapiObject;
  saved: SavedObject;
  /** Undefined where the bytes stay as they are. */
  prepared: PreparedMessage | undefined;
  document: Buffer;
}

async function applyChange(
  context: StoreContext,
  ref: StoreRef,
  save: SaveMessage,
  opened: OpenMessage | undefined,
  there: MessageFacts | undefined,
): Promise<Next> {
  const now = toFileTime(context.clock());
  const object: MapiObject = opened?.object ?? { type: OBJECT.MESSAGE, id: 1, properties: new Map(), children: [] };
  if (opened && !opened.whole) await takeAttachments(context, opened, object);
  const numbers = { last: highestId(object) };
  const saved = applyTo(object, save.change, numbers, now);
  saved.created = there === undefined;
  const { properties } = object;
  if (!there && !properties.has(PR.CREATION_TIME)) properties.set(PR.CREATION_TIME, now);
  if (!save.change.set.has(PR.LAST_MODIFICATION_TIME)) properties.set(PR.LAST_MODIFICATION_TIME, now);
  properties.set(PR.LAST_MODIFIER_NAME, save.modifier.name);
  properties.set(PR.LAST_MODIFIER_ENTRYID, save.modifier.entryId);
  const given = save.change.set.get(PR.EC_IMAP_EMAIL);
  properties.delete(PR.EC_IMAP_EMAIL);
  // What is large goes up while the bytes of the message, which have it too, are made and go up.
  const [prepared, placeBlobs] = await Promise.all([
    there && !given && !changesMime(save.change)
      ? undefined
      : prepare(context, ref.tenant, object, given as Buffer | undefined),
    storeLargeValues(context, ref.tenant, object),
  ]);
  // The bytes that a client gave are not those of what the message has become.
  if (there && prepared && !given) properties.delete(PR.EC_IMAP_EMAIL_SIZE);
  placeBlobs();
  return { object, saved, prepared, document: encodeObjectDocument(object) };
}

/** A message that is MIME alone becomes a whole object: what its attachments hold is kept apart from now on. */
async function takeAttachments(context: StoreContext, opened: OpenMessage, object: MapiObject): Promise<void> {
  for (const child of object.children) {
    if (child.type === OBJECT.ATTACHMENT && !child.properties.has(PR.ATTACH_DATA_BIN)) {
      const data = await opened.open(child, PR.ATTACH_DATA_BIN);
      if (Buffer.isBuffer(data)) child.properties.set(PR.ATTACH_DATA_BIN, data);
    }
    await takeAttachments(context, opened, child);
  }
}

const highestId = (object: MapiObject): number =>
  object.children.reduce((highest, child) => Math.max(highest, highestId(child)), object.id);

function applyTo(object: MapiObject, change: ObjectChange, numbers: { last: number }, now: bigint): SavedObject {
  object.properties = changeBag(object.properties, change.set, change.removed);
  const data = object.properties.get(PR.ATTACH_DATA_BIN);
  if (object.type === OBJECT.ATTACHMENT && Buffer.isBuffer(data)) object.properties.set(PR.ATTACH_SIZE, data.length);
  const children = change.children.map((next): SavedObject => {
    const there = next.id > 0 ? object.children.find(({ id }) => id === next.id) : undefined;
    if (next.deleted) {
      object.children = object.children.filter((child) => child !== there);
      return { id: next.id, created: false, children: [] };
    }
    const child = there ?? { type: next.type, id: ++numbers.last, properties: new Map(), children: [] };
    if (!there) {
      child.properties.set(PR.CREATION_TIME, now);
      object.children.push(child);
    }
    const result = applyTo(child, next, numbers, now);
    child.properties.set(PR.LAST_MODIFICATION_TIME, now);
    if (!there && !child.properties.has(PR.CREATION_TIME)) child.properties.set(PR.CREATION_TIME, now);
    return { ...result, created: !there };
  });
  return { id: object.id, created: false, children };
}

const changesMime = ({ set, removed, children }: ObjectChange): boolean =>
  children.length > 0 || [...set.keys(), ...removed].some((tag) => !NOT_IN_MIME.has(tag >>> 16));

/** The bytes of the message: those that the client gave, or composed of the object. */
async function prepare(
  context: StoreContext,
  tenant: TenantId,
  object: MapiObject,
  given: Buffer | undefined,
): Promise<PreparedMessage> {
  const spool = new MessageSpool();
  try {
    if (given) await spool.write(given);
    else {
      const tnef = context.options.always_send_tnef ? { nameOf: await namesIn(context, tenant, object) } : undefined;
      for await (const chunk of composeMessage(object, attachmentData(context), { tnef })) await spool.write(chunk);
    }
    const received = object.properties.get(PR.MESSAGE_DELIVERY_TIME);
    const receivedAt = typeof received === 'bigint' ? fromFileTime(received) : context.clock();
    return await prepareMessage(context, tenant, spool, spool.finish(), receivedAt);
  } finally {
    await spool.dispose();
  }
}

const attachmentData = (context: StoreContext) =>
  async function* (attachment: MapiObject): AsyncIterable<Buffer> {
    const value =
      attachment.properties.get(PR.ATTACH_DATA_BIN) ?? attachment.properties.get(blobTag(PR.ATTACH_DATA_BIN));
    if (Buffer.isBuffer(value)) yield value;
    else if (isBlobValue(value))
      yield* context.objects.get(blobKey({ scope: value.scope, hash: value.blob }), 0, value.size);
  };

/** Values that are too large for a row go to the object store before the transaction that needs them; gives what then puts the blobs in their places. */
async function storeLargeValues(context: StoreContext, tenant: TenantId, object: MapiObject): Promise<() => void> {
  const places: (() => void)[] = [];
  for (const [tag, value] of object.properties) {
    if (!mayBeBlob(tag)) continue;
    const bytes = Buffer.isBuffer(value)
      ? value
      : typeof value === 'string' && value.length >= BLOB_MIN
        ? Buffer.from(value)
        : undefined;
    if (!bytes || bytes.length < BLOB_MIN) continue;
    // The text of a body is looked for and shown in tables: it stays with its message up to a megabyte.
    if (tag === PR.BODY && bytes.length < 1024 * 1024) continue;
    const hash = createHash('sha256').update(bytes).digest();
    const blob = { scope: blobScope(context.options, tenant), hash, size: bytes.length };
    await storeBlob(context.db, context.objects, context.clock, blob, async function* () {
      yield bytes;
    });
    places.push(() => {
      object.properties.delete(tag);
      object.properties.set(blobTag(tag), {
        blob: hash,
        scope: blob.scope,
        size: blob.size,
        type: propertyType(tag),
      });
    });
  }
  for (const child of object.children) places.push(await storeLargeValues(context, tenant, child));
  return () => {
    for (const place of places) place();
  };
}

/** Columns as the properties have them; what MIME says of a message that never was any counts for nothing. */
function columnsOf({ properties, children }: MapiObject, prepared: PreparedMessage | undefined) {
  const textOf = (tag: PropertyTag): string => String(properties.get(tag) ?? '');
  const submit = properties.get(PR.CLIENT_SUBMIT_TIME);
  const received = properties.get(PR.MESSAGE_DELIVERY_TIME);
  return {
    message_class: column(textOf(PR.MESSAGE_CLASS) || 'IPM.Note'),
    subject: column(textOf(PR.SUBJECT)),
    sender_name: column(textOf(PR.SENT_REPRESENTING_NAME) || textOf(PR.SENDER_NAME)),
    sender_address: column(textOf(PR.SENT_REPRESENTING_EMAIL_ADDRESS) || textOf(PR.SENDER_EMAIL_ADDRESS)),
    display_to: column(textOf(PR.DISPLAY_TO)),
    importance: Number(properties.get(PR.IMPORTANCE) ?? IMPORTANCE.NORMAL),
    has_attachments: children.some(({ type }) => type === OBJECT.ATTACHMENT) ? 1 : 0,
    conversation_id: conversationId(splitSubject(textOf(PR.SUBJECT)).normalized),
    ...(typeof submit === 'bigint' ? { sent_at: fromFileTime(submit) } : {}),
    delivered_at: typeof received === 'bigint' ? fromFileTime(received) : 0,
    ...(typeof received === 'bigint' ? { received_at: fromFileTime(received) } : {}),
    ...(prepared
      ? {
          size: prepared.size,
          imap_envelope: prepared.envelope,
          imap_body_structure: prepared.bodyStructure,
          imap_preview: prepared.preview,
          imap_header: prepared.header ?? null,
        }
      : {}),
  };
}

/** The marks that a message's properties stand for; those that no property says stay. */
export function marksOf(properties: PropertyBag, before: number, created: boolean): number {
  const messageFlags = properties.get(PR.MESSAGE_FLAGS);
  let flags = before;
  const put = (flag: number, on: boolean) => {
    flags = on ? flags | flag : flags & ~flag;
  };
  if (typeof messageFlags === 'number') {
    // Whether it is read is for setReadFlags, once it is there.
    if (created) put(FLAG.SEEN, (messageFlags & MSGFLAG.READ) !== 0);
    put(FLAG.DRAFT, (messageFlags & MSGFLAG.UNSENT) !== 0);
  }
  const flagStatus = properties.get(PR.FLAG_STATUS);
  if (flagStatus !== undefined) put(FLAG.FLAGGED, flagStatus === FOLLOW_UP.FLAGGED);
  const verb = properties.get(PR.LAST_VERB_EXECUTED);
  if (verb !== undefined) put(FLAG.ANSWERED, verb === VERB.REPLY_TO_SENDER || verb === VERB.REPLY_TO_ALL);
  return flags;
}

/** Writes it; undefined when the message was changed since it was read. */
async function write(
  context: StoreContext,
  ref: StoreRef,
  save: SaveMessage,
  there: MessageFacts | undefined,
  next: Next,
): Promise<MessageFacts | undefined> {
  const folder = there?.folder ?? save.folder;
  let facts: MessageFacts | undefined;
  const read = (tx: Database): [ReturnType<typeof messageStatement>] => [messageStatement(tx, ref, save.id)];
  await changeFolderReading(context, ref, folder, read, async (store, { uidNext, rows }) => {
    const { tx, write } = store;
    const now = rows[0] && factsOf(ref, rows[0]);
    const nothing = { result: undefined, delta: NOTHING };
    const same = now?.contentSeq === there?.contentSeq && now?.folder === there?.folder && now?.view === there?.view;
    if (Boolean(now) !== Boolean(there) || !same) return nothing;
    if (save.requireChangeable) {
      if (!now) throw new PamojaError('NOT_FOUND', 'the message is gone');
      await save.requireChangeable(tx, now);
    }
    const { prepared } = next;
    const associated = there ? there.view === VIEW.ASSOCIATED : save.associated;
    const given = save.change.set.get(PR.MSG_STATUS);
    const status = typeof given === 'number' ? given : (now?.status ?? 0);
    const marked = marksOf(next.object.properties, now?.flags ?? 0, !there);
    const flags = typeof given === 'number' ? flagsOfStatus(status, marked) : marked;
    const sizeDelta = prepared ? prepared.size - (there?.size ?? 0) : 0;
    if (save.hardQuota > 0 && sizeDelta > 0 && store.size + sizeDelta > save.hardQuota)
      throw new PamojaError('STORE_FULL', 'the store is full');
    const newUid = prepared !== undefined || !now;
    const uid = (newUid ? uidNext : now.uid) as Uid;
    const { id, syncId } = save;
    if (now && newUid && !associated)
      store.append({ kind: CHANGE.MESSAGE_GONE, folder, uid: now.uid, message: id, syncId });
    const seq = store.append({
      kind: now ? CHANGE.MESSAGE_EDITED : CHANGE.MESSAGE_NEW,
      folder,
      uid,
      message: id,
      syncId,
    });
    const at = context.clock();
    const columns = columnsOf(next.object, prepared);
    const before = now && (await contentOf(tx, now));
    if (!now) {
      if (!prepared) throw new PamojaError('CALL_FAILED', 'a new message has no bytes');
      if (save.sourceKey && save.sourceKey.length > 0) await requireFreeMessageKey(tx, ref, save.sourceKey);
      await write(
        store.messages(seq).insert({
          ...messageRow(prepared, { ...ref, folder, id }, { uid, modseq: seq, savedAt: at, flags, keywords: '' }),
          ...columns,
          deleted: associated ? VIEW.ASSOCIATED : VIEW.LIVE,
          source_key: save.sourceKey && save.sourceKey.length > 0 ? save.sourceKey : null,
          modified_at: at,
          content_seq: seq,
          status,
        }),
      );
    } else
      await write(
        store
          .messages(seq)
          .update()
          .set({ ...columns, uid, flags, status, modseq: seq, content_seq: seq, modified_at: at })
          // Other bytes are another message, for who knows it by them.
          .$if(prepared !== undefined, (query) => query.set({ email_id: newGuid(at) }))
          .where('folder_id', '=', folder)
          .where('deleted', '=', now.view)
          .where('uid', '=', now.uid),
      );
    await writeContent(store, seq, id, next, now !== undefined);
    const mime = prepared?.content ?? before?.mime;
    const blobs = mime ? contentBlobs({ mime, properties: next.document }) : [];
    await countReferences(tx, context.clock, blobs, 1);
    await countReferences(tx, context.clock, before ? contentBlobs(before) : [], -1);
    facts = {
      ...ref,
      id,
      folder,
      uid,
      view: associated ? VIEW.ASSOCIATED : VIEW.LIVE,
      flags,
      keywords: now?.keywords ?? '',
      size: prepared?.size ?? now?.size ?? 0,
      receivedAt: columns.received_at ?? prepared?.receivedAt ?? now?.receivedAt ?? at,
      savedAt: now?.savedAt ?? at,
      modifiedAt: at,
      modseq: seq,
      contentSeq: seq,
      status,
      sourceKey: now?.sourceKey ?? save.sourceKey ?? null,
    };
    const unseen = (mark: number) => (mark & FLAG.SEEN ? 0 : 1);
    const delta: FolderDelta = associated
      ? { ...NOTHING, associated: now ? 0 : 1, committedAt: at }
      : {
          messages: now ? 0 : 1,
          unseen: unseen(flags) - (now ? unseen(now.flags) : 0),
          size: sizeDelta,
          deleted: 0,
          committedAt: at,
        };
    return { result: undefined, delta, uidsUsed: newUid ? 1 : 0 };
  });
  return facts;
}

async function writeContent(
  store: LockedStore,
  change: ChangeNumber,
  id: MessageId,
  next: Next,
  there: boolean,
): Promise<void> {
  const { prepared, document } = next;
  const columns = {
    properties: document,
    ...(prepared ? { mime: prepared.content, parts: prepared.parts } : {}),
  };
  if (there) await store.write(store.contents(change).update().set(columns).where('id', '=', id));
  else if (prepared)
    await store.write(
      store.contents(change).insert({ id, properties: document, mime: prepared.content, parts: prepared.parts }),
    );
}
