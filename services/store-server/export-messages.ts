import { locate } from '../../shared/access/locate.ts';
import { requireRight } from '../../shared/access/store-rights.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { isBlobValue, type PropertyBag, type PropertyValue } from '../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../shared/mapi/property-document.ts';
import { PR, type PropertyTag, propertyId, withType } from '../../shared/mapi/property-tags.ts';
import { writeMessageStream } from '../../shared/protocol/message-stream.ts';
import type { MessageStream, SourceKeyPair } from '../../shared/protocol/soap/interface.ts';
import { namesOfTags } from '../../shared/store/content/named-properties.ts';
import type { Folder } from '../../shared/store/folders/folder.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { type MessageFacts, VIEW } from '../../shared/store/messages/message-facts.ts';
import { messageProperties } from '../../shared/store/messages/message-properties.ts';
import { contentsOfMessages, type OpenMessage, openMessage } from '../../shared/store/messages/open-message.ts';
import { messagesBySourceKeys } from '../../shared/store/messages/source-key-lookup.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import { messageRows } from '../../shared/store/tables/open-rows.ts';
import { folderOfKey } from './folder-of-key.ts';
import type { Call } from './operations/operation.ts';
import { cellOf } from './tables/cell.ts';

/** Left out of a stream: what follows from where a message is. */
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

/** Messages of one store that are read together. */
const EXPORTED_TOGETHER = 50;

/** A message that is exported, and the number of the pair of keys that it was asked for with. */
interface ExportedPlace {
  step: number;
  store: MapiStore;
  folder: Folder;
  rights: number;
  message: MessageFacts;
}

/**
 * The messages of pairs of keys, which are source keys, or with `PR_ENTRYID` entry ids. What is gone meanwhile is left out: the client's next
 * look at the changes says so.
 */
async function placesOfKeys(
  call: Call,
  pairs: readonly SourceKeyPair[],
  keyTag: PropertyTag,
): Promise<ExportedPlace[]> {
  const places: ExportedPlace[] = [];
  if (propertyId(keyTag) === propertyId(PR.ENTRYID)) {
    for (const [step, { sObjectKey }] of pairs.entries()) {
      const place = await placeOfEntryId(call, sObjectKey);
      if (place) places.push({ step, ...place });
    }
    return places;
  }
  const wanted = pairs.map(({ sParentKey, sObjectKey }, step) => ({
    step,
    parent: sParentKey ?? Buffer.alloc(0),
    key: sObjectKey ?? Buffer.alloc(0),
  }));
  for (const group of Map.groupBy(wanted, ({ parent }) => parent.toString('hex')).values()) {
    const { store, folder, rights } = await folderOfKey(call, group[0]?.parent ?? Buffer.alloc(0));
    const keys = group.map(({ key }) => key);
    const messages = await messagesBySourceKeys(call.context.store.db, store, keys);
    for (const [i, { step }] of group.entries()) {
      const message = messages[i];
      if (message && message.folder === folder.id && message.view !== VIEW.DELETED)
        places.push({ step, store, folder, rights, message });
    }
  }
  return places;
}

async function placeOfEntryId({ context, session }: Call, entryId: Buffer | undefined) {
  const located = await locate(context.store, session.caller, entryId).catch((error: unknown) => {
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  });
  if (!located) return undefined;
  if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
  requireRight(located, RIGHT.READ);
  return located;
}

/** An object with its large values in their places; what attachments hold is read when its turn comes. */
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

/** Messages as streams, in the order of their keys. */
export async function exportMessages(
  call: Call,
  pairs: readonly SourceKeyPair[],
  keyTag: PropertyTag,
  tags: readonly PropertyTag[],
): Promise<MessageStream[]> {
  const places = await placesOfKeys(call, pairs, keyTag);
  const streams: MessageStream[] = [];
  for (const group of Map.groupBy(places, ({ store }) => store.store).values())
    for (let i = 0; i < group.length; i += EXPORTED_TOGETHER)
      streams.push(...(await exported(call, group.slice(i, i + EXPORTED_TOGETHER), tags)));
  return streams.sort((a, b) => a.ulStep - b.ulStep);
}

/** Messages of one store as streams. */
async function exported(
  call: Call,
  places: readonly ExportedPlace[],
  tags: readonly PropertyTag[],
): Promise<MessageStream[]> {
  const { store: context } = call.context;
  const [first] = places;
  if (!first) return [];
  const { store } = first;
  const folders = new Map(places.map(({ folder }) => [folder.id, folder]));
  const rights = new Map(places.map((place) => [place.folder.id, place.rights]));
  const ids = places.map(({ message }) => message.id);
  const views = [VIEW.LIVE, VIEW.ASSOCIATED];
  const [rows, contents] = await Promise.all([
    messageRows(context.db, store, folders, { ids, views }, (folder) => rights.get(folder) ?? 0),
    contentsOfMessages(context.db, store, ids),
  ]);
  const rowOf = new Map(rows.map((row) => [row.key.toString('hex'), row]));
  const opened = [];
  for (const { step, folder, message, ...place } of places) {
    const key = message.id.toString('hex');
    const row = rowOf.get(key);
    if (!row) continue;
    const content = await openMessage(context, message, contents.get(key));
    row.openObject(content.object);
    const object = await withLargeValues(content, content.object);
    const properties = messageProperties({
      store,
      folder,
      message,
      object,
      rights: place.rights,
      mime: !content.whole,
    }).filter(({ tag }) => !NOT_STREAMED.has(propertyId(tag)));
    opened.push({ step, row, content, properties, children: object.children });
  }
  const named = opened.flatMap(({ properties }) => properties.map(({ tag }) => tag));
  const names = await namesOfTags(context, call.session.caller.tenant, named);
  return opened.map(({ step, row, content, properties, children }) => ({
    ulStep: step,
    sPropVals: tags.map((tag): Property => cellOf(row, tag)),
    sStreamData: writeMessageStream({
      properties: properties as { tag: PropertyTag; value: PropertyValue }[],
      children,
      nameOf: (number) => names.get(number),
      async dataOf(attachment) {
        const data = await content.open(attachment, PR.ATTACH_DATA_BIN);
        return Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      },
    }),
  }));
}
