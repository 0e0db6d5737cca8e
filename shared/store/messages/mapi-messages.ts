import { blobKey } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { PamojaError } from '../../mapi/error.ts';
import { type BlobValue, isBlobValue, type PropertyValue } from '../../mapi/property.ts';
import { blobTag, decodeDocument, type MapiObject } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, PT, propertyType } from '../../mapi/property-tags.ts';
import { decodeTransferEncoding } from '../../mime/body-text.ts';
import { mimeObject } from '../../mime/message-object.ts';
import type { Part } from '../../mime/part.ts';
import { decodePartIndex } from '../../mime/part-index.ts';
import { collect } from '../../platform/collect.ts';
import { decodeContent, readContent } from '../content/content-document.ts';
import { setNamedValues } from '../content/named-properties.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef, TenantId, Uid } from '../engine/ids.ts';

/** In which view of its folder a message stands (`messages.deleted`). */
export const VIEW = { LIVE: 0, DELETED: 1, ASSOCIATED: 2 } as const;

/** The row of a message, wherever it stands. */
export interface MessageFacts extends StoreRef {
  id: MessageId;
  folder: FolderId;
  uid: Uid;
  view: number;
  flags: number;
  keywords: string;
  size: number;
  receivedAt: number;
  savedAt: number;
  modifiedAt: number;
  modseq: number;
  contentSeq: number;
  status: number;
  sourceKey: Buffer | null;
}

export const MESSAGE_COLUMNS = [
  'messages.id',
  'messages.folder_id',
  'messages.uid',
  'messages.deleted',
  'messages.flags',
  'messages.keywords',
  'messages.size',
  'messages.received_at',
  'messages.saved_at',
  'messages.modified_at',
  'messages.modseq',
  'messages.content_seq',
  'messages.status',
  'messages.source_key',
] as const;

interface MessageRow {
  id: Buffer;
  folder_id: number;
  uid: number;
  deleted: number;
  flags: number;
  keywords: string;
  size: number;
  received_at: number;
  saved_at: number;
  modified_at: number;
  modseq: number;
  content_seq: number;
  status: number;
  source_key: Buffer | null;
}

export const factsOf = ({ tenant, store }: StoreRef, row: MessageRow): MessageFacts => ({
  tenant,
  store,
  id: row.id,
  folder: row.folder_id as FolderId,
  uid: row.uid as Uid,
  view: row.deleted,
  flags: row.flags,
  keywords: row.keywords,
  size: row.size,
  receivedAt: row.received_at,
  savedAt: row.saved_at,
  modifiedAt: row.modified_at || row.saved_at,
  modseq: row.modseq,
  contentSeq: row.content_seq,
  status: row.status,
  sourceKey: row.source_key,
});

const byId = (db: Database, { tenant, store }: StoreRef, id: MessageId) =>
  db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .where('messages.tenant_id', '=', tenant)
    .where('messages.store_id', '=', store)
    .where('messages.id', '=', id);

const byIdText = new StatementCache<MessageRow>();

/** The statement that reads a message by its id, for {@link factsOf}. */
export const messageStatement = (db: Database, ref: StoreRef, id: MessageId): Statement<MessageRow> =>
  byIdText.of(db, '', [ref.tenant, ref.store, id], () => byId(db, ref, id));

/** Messages by their ids, in no order; those that are not there are passed over. */
export async function messagesByIds(db: Database, ref: StoreRef, ids: readonly MessageId[]): Promise<MessageFacts[]> {
  const found: MessageFacts[] = [];
  for (let i = 0; i < ids.length; i += 500) {
    const rows = await db
      .selectFrom('messages')
      .select(MESSAGE_COLUMNS)
      .where('messages.tenant_id', '=', ref.tenant)
      .where('messages.store_id', '=', ref.store)
      .where('messages.id', 'in', ids.slice(i, i + 500))
      .execute();
    found.push(...rows.map((row) => factsOf(ref, row)));
  }
  return found;
}

/** What a client is told of new messages, by their ids; those that are gone are passed over. */
export async function messageClasses(
  db: Database,
  ref: StoreRef,
  ids: readonly MessageId[],
): Promise<{ id: MessageId; messageClass: string; flags: number; hasAttachments: boolean }[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'message_class', 'flags', 'has_attachments'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', 'in', [...ids])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    messageClass: row.message_class,
    flags: row.flags,
    hasAttachments: row.has_attachments === 1,
  }));
}

/** Throws NOT_FOUND. */
export async function messageById(db: Database, ref: StoreRef, id: MessageId): Promise<MessageFacts> {
  const [facts] = await messagesByIds(db, ref, [id]);
  if (!facts) throw new PamojaError('NOT_FOUND', 'no such message');
  return facts;
}

/** A message opened: its properties, recipients and attachments, and its bytes. */
export interface OpenMessage {
  object: MapiObject;
  /** Whether the document has all of the object; else it was made of the MIME. */
  whole: boolean;
  /** The bytes of the message as RFC 5322; empty for one that never was any. */
  mime: { size: number; read(start: number, end: number): AsyncIterable<Buffer> };
  /** The value of a property that is too large to be in the object, or of an attachment's data. */
  open(object: MapiObject, tag: PropertyTag): Promise<PropertyValue | undefined>;
}

export interface ContentRow {
  properties: Buffer;
  mime: Buffer;
  parts: string;
}

/** Opens a message of a company from the row of its content. `size` is that of its MIME. */
export async function openContent(
  context: StoreContext,
  tenant: TenantId,
  row: ContentRow,
  size: number,
): Promise<OpenMessage> {
  const segments = decodeContent(row.mime);
  const read = (start: number, end: number) => readContent(context.objects, segments, start, end);
  const document = decodeDocument(row.properties);
  let parts = new Map<number, Part>();
  let object = document.object;
  if (!document.whole) {
    const made = await mimeObject(
      decodePartIndex(row.parts),
      ({ start, end }) => collect(read(start, end)),
      document.object.properties,
    );
    ({ object, parts } = made);
    if (made.named.length > 0) await setNamedValues(context, tenant, object.properties, made.named);
  }
  return {
    object,
    whole: document.whole,
    mime: { size, read },
    async open(of, tag) {
      const part = parts.get(of.id);
      if (part && tag === PR.ATTACH_DATA_BIN)
        return decodeTransferEncoding(await collect(read(part.bodyStart, part.bodyEnd)), part.encoding);
      const value = of.properties.get(tag) ?? of.properties.get(blobTag(tag));
      return isBlobValue(value) ? readBlobValue(context, value) : value;
    },
  };
}

async function readBlobValue(
  { objects }: StoreContext,
  { scope, blob, size, type }: BlobValue,
): Promise<PropertyValue> {
  const bytes = await collect(objects.get(blobKey({ scope, hash: blob }), 0, size));
  return type === PT.UNICODE || type === PT.STRING8 ? bytes.toString('utf8') : bytes;
}

/** Opens a message, of its content if that has been read already. Throws NOT_FOUND when its content is gone. */
export async function openMessage(
  context: StoreContext,
  facts: MessageFacts,
  content?: ContentRow,
): Promise<OpenMessage> {
  const row = content ?? (await contentOf(context.db, facts));
  if (!row) throw new PamojaError('NOT_FOUND', 'the message has no content');
  return openContent(context, facts.tenant, row, facts.size);
}

/** What a message is made of; undefined when it is gone. */
export const contentOf = (db: Database, { tenant, store, id }: MessageFacts): Promise<ContentRow | undefined> =>
  db
    .selectFrom('message_contents')
    .select(['properties', 'mime', 'parts'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', '=', id)
    .executeTakeFirst();

/** What messages of a store are made of, by their ids in hexadecimal. */
export async function contentsOfMessages(
  db: Database,
  { tenant, store }: StoreRef,
  ids: readonly MessageId[],
): Promise<Map<string, ContentRow>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('message_contents')
    .select(['id', 'properties', 'mime', 'parts'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.id.toString('hex'), row]));
}

/** What is below a message, at any depth. */
export function findObject(object: MapiObject, id: number): MapiObject | undefined {
  if (object.id === id) return object;
  for (const child of object.children) {
    const found = findObject(child, id);
    if (found) return found;
  }
  return undefined;
}

/** Types of values that a document may put elsewhere. */
export const mayBeBlob = (tag: PropertyTag): boolean => LARGE_TYPES.has(propertyType(tag));

const LARGE_TYPES = new Set<number>([PT.BINARY, PT.UNICODE, PT.STRING8, PT.OBJECT]);
