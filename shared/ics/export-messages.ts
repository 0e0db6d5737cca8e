import type { Caller } from '../access/caller.ts';
import { locate } from '../access/locate.ts';
import { requireRight } from '../access/store-rights.ts';
import { PamojaError } from '../mapi/error.ts';
import { isBlobValue, type PropertyBag, type PropertyValue } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag, propertyId, withType } from '../mapi/property-tags.ts';
import { writeMessageStream } from '../protocol/message-stream.ts';
import { namesOfTags } from '../store/content/named-properties.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { Folder } from '../store/folders/folder.ts';
import { RIGHT } from '../store/folders/rights.ts';
import { type MessageFacts, VIEW } from '../store/messages/message-facts.ts';
import { messagePropertyList } from '../store/messages/message-properties.ts';
import { contentsOfMessages, type OpenMessage, openMessage } from '../store/messages/open-message.ts';
import { messagesBySourceKeys } from '../store/messages/source-key-lookup.ts';
import type { MapiStore } from '../store/stores/stores.ts';
import type { MessageTableRow } from '../store/tables/message-table-row.ts';
import { messageRows } from '../store/tables/open-rows.ts';
import { folderBySourceKey } from './folder-by-source-key.ts';

/** Properties that follow from the message's place, and are left out of its stream. */
const NOT_STREAMED = new Set(
  [
    PR.PARENT_SOURCE_KEY,
    PR.RECORD_KEY,
    PR.PARENT_ENTRYID,
    PR.ACCESS,
    PR.ACCESS_LEVEL,
    PR.EC_IMAP_EMAIL,
    PR.EC_HIERARCHYID,
    PR.EC_PARENT_HIERARCHYID,
  ].map((tag) => propertyId(tag)),
);

/** Messages of one store that are read with one query. */
const BATCH = 50;

/** The keys of a message to be exported: source keys, or with PR_ENTRYID its entry id as `key`. */
export interface ExportKeys {
  /** The index of the message in the request. */
  step: number;
  parent: Buffer;
  key: Buffer;
}

/** An exported message: its row, for the columns that go beside the stream, and the stream. */
export interface ExportedMessage {
  step: number;
  row: MessageTableRow;
  stream: ReturnType<typeof writeMessageStream>;
}

interface FoundMessage {
  step: number;
  store: MapiStore;
  folder: Folder;
  rights: number;
  message: MessageFacts;
}

/**
 * Exports messages as streams, in the order of the request. A message that was deleted meanwhile is left out: the client's next request for
 * changes says so. Throws NOT_FOUND and NO_ACCESS for folders that the caller may not read.
 */
export async function exportMessages(
  context: StoreContext,
  caller: Caller,
  keys: readonly ExportKeys[],
  keyTag: PropertyTag,
): Promise<ExportedMessage[]> {
  const byEntryId = propertyId(keyTag) === propertyId(PR.ENTRYID);
  const found = await (byEntryId ? findByEntryIds : findBySourceKeys)(context, caller, keys);
  const exported: ExportedMessage[] = [];
  for (const group of Map.groupBy(found, ({ store }) => store.store).values())
    for (let i = 0; i < group.length; i += BATCH)
      exported.push(...(await exportBatch(context, caller, group.slice(i, i + BATCH))));
  return exported.sort((a, b) => a.step - b.step);
}

async function findBySourceKeys(
  context: StoreContext,
  caller: Caller,
  wanted: readonly ExportKeys[],
): Promise<FoundMessage[]> {
  const found: FoundMessage[] = [];
  for (const [, group] of Map.groupBy(wanted, ({ parent }) => parent.toString('hex'))) {
    const [first] = group;
    if (!first) continue;
    const { store, folder, rights } = await folderBySourceKey(context, caller, first.parent);
    const messages = await messagesBySourceKeys(
      context.db,
      store,
      group.map(({ key }) => key),
    );
    for (const [i, { step }] of group.entries()) {
      const message = messages[i];
      if (message && message.folder === folder.id && message.view !== VIEW.DELETED)
        found.push({ step, store, folder, rights, message });
    }
  }
  return found;
}

async function findByEntryIds(
  context: StoreContext,
  caller: Caller,
  wanted: readonly ExportKeys[],
): Promise<FoundMessage[]> {
  const found: FoundMessage[] = [];
  for (const { step, key } of wanted) {
    const message = await findByEntryId(context, caller, key);
    if (message) found.push({ step, ...message });
  }
  return found;
}

async function findByEntryId(context: StoreContext, caller: Caller, entryId: Buffer) {
  try {
    const located = await locate(context, caller, entryId);
    if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
    requireRight(located, RIGHT.READ);
    return located;
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** An object with its large values; the data of attachments is read later, while the stream is written. */
async function withLargeValues(opened: OpenMessage, object: MapiObject): Promise<MapiObject> {
  const properties: PropertyBag = new Map();
  for (const [tag, value] of object.properties) {
    const isData = object.type === OBJECT.ATTACHMENT && propertyId(tag) === propertyId(PR.ATTACH_DATA_BIN);
    if (!isBlobValue(value) || isData) properties.set(tag, value);
    else {
      const whole = withType(tag, value.type);
      const large = await opened.open(object, whole);
      if (large !== undefined) properties.set(whole, large);
    }
  }
  const children: MapiObject[] = [];
  for (const child of object.children) children.push(await withLargeValues(opened, child));
  return { ...object, properties, children };
}

/** Exports messages of one store. */
async function exportBatch(
  context: StoreContext,
  caller: Caller,
  batch: readonly FoundMessage[],
): Promise<ExportedMessage[]> {
  const [first] = batch;
  if (!first) return [];
  const { store } = first;
  const folders = new Map(batch.map(({ folder }) => [folder.id, folder]));
  const rights = new Map(batch.map((found) => [found.folder.id, found.rights]));
  const ids = batch.map(({ message }) => message.id);
  const views = [VIEW.LIVE, VIEW.ASSOCIATED];
  const [rows, contents] = await Promise.all([
    messageRows(context.db, store, folders, { ids, views }, (folder) => rights.get(folder) ?? 0),
    contentsOfMessages(context.db, store, ids),
  ]);
  const rowOf = new Map(rows.map((row) => [row.key.toString('hex'), row]));
  const opened = [];
  for (const { step, folder, message, ...found } of batch) {
    const key = message.id.toString('hex');
    const row = rowOf.get(key);
    if (!row) continue;
    const content = await openMessage(context, message, contents.get(key));
    row.openObject(content.object);
    const object = await withLargeValues(content, content.object);
    const properties = messagePropertyList({
      store,
      folder,
      message,
      object,
      rights: found.rights,
      mime: !content.whole,
    }).filter(({ tag }) => !NOT_STREAMED.has(propertyId(tag)));
    opened.push({ step, row, content, properties, children: object.children });
  }
  const named = opened.flatMap(({ properties }) => properties.map(({ tag }) => tag));
  const names = await namesOfTags(context, caller.tenant, named);
  return opened.map(({ step, row, content, properties, children }) => ({
    step,
    row,
    stream: writeMessageStream({
      properties: properties as { tag: PropertyTag; value: PropertyValue }[],
      children,
      nameOf: (id) => names.get(id),
      async dataOf(attachment) {
        const data = await content.open(attachment, PR.ATTACH_DATA_BIN);
        return Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      },
    }),
  }));
}
