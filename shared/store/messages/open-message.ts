import { blobKey } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
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
import type { MessageId, StoreRef, TenantId } from '../engine/ids.ts';

import type { MessageFacts } from './message-facts.ts';

/** A message opened: its properties, recipients and attachments, and its bytes. */
export interface OpenMessage {
  object: MapiObject;
  /** Whether the document has all of the object; else it was made of the MIME. */
  whole: boolean;
  /** The message as MIME (RFC 5322). */
  mime: { size: number; read(start: number, end: number): AsyncIterable<Buffer> };
  /** Reads the value of a property, also one that is a blob, or the data of an attachment. */
  open(object: MapiObject, tag: PropertyTag): Promise<PropertyValue | undefined>;
}

export interface ContentRow {
  properties: Buffer;
  mime: Buffer;
  parts: string;
}

/** Opens a message of a tenant from the row of its content. `size` is that of its MIME, in bytes. */
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

/** Opens a message, from its content where that has been read already. Throws NOT_FOUND when its content is gone. */
export async function openMessage(
  context: StoreContext,
  facts: MessageFacts,
  content?: ContentRow,
): Promise<OpenMessage> {
  const row = content ?? (await contentOf(context.db, facts));
  if (!row) throw new PamojaError('NOT_FOUND', 'the message has no content');
  return openContent(context, facts.tenant, row, facts.size);
}

/** Reads the content of a message; undefined when it is gone. */
export const contentOf = (db: Database, { tenant, store, id }: MessageFacts): Promise<ContentRow | undefined> =>
  db
    .selectFrom('message_contents')
    .select(['properties', 'mime', 'parts'])
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', '=', id)
    .executeTakeFirst();

/** Reads the contents of messages of a store, by their ids in hexadecimal. */
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

/** Finds an object below a message, at any depth, by its id. */
export function findObject(object: MapiObject, id: number): MapiObject | undefined {
  if (object.id === id) return object;
  for (const child of object.children) {
    const found = findObject(child, id);
    if (found) return found;
  }
  return undefined;
}

/** Whether a document may keep the value of a property as a blob. */
export const mayBeBlob = (tag: PropertyTag): boolean => LARGE_TYPES.has(propertyType(tag));

const LARGE_TYPES = new Set<number>([PT.BINARY, PT.UNICODE, PT.STRING8, PT.OBJECT]);
