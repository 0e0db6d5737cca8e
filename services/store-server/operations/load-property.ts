import type { Located } from '../../../shared/access/locate.ts';
import { mayInEach, requireRight } from '../../../shared/access/store-rights.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { PropertyBag, PropertyValue } from '../../../shared/mapi/property.ts';
import { isBlobValue } from '../../../shared/mapi/property.ts';
import { tagIn } from '../../../shared/mapi/property-bag.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { bagOf } from '../../../shared/store/content/property-list.ts';
import { listFolders } from '../../../shared/store/folders/folder.ts';
import { folderProperties } from '../../../shared/store/folders/folder-object.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { messagePropertyList } from '../../../shared/store/messages/message-properties.ts';
import { findObject, openMessage } from '../../../shared/store/messages/open-message.ts';
import { readableIn, readableOfStore } from '../store-properties.ts';
import { loadStore } from './load-object.ts';
import type { Call } from './operation.ts';

/** A property that was found, with its own type: a client may ask for PT_UNSPECIFIED. */
interface FoundProperty {
  tag: PropertyTag;
  value: PropertyValue;
}

function pick(bag: PropertyBag, tag: PropertyTag): FoundProperty | undefined {
  const key = tagIn(bag, tag);
  const value = key === undefined ? undefined : bag.get(key);
  return key === undefined || value === undefined ? undefined : { tag: key, value };
}

/** The value of one property of a store, a folder, a message or a part of it. Throws NO_ACCESS and NOT_FOUND (no such part). */
export async function loadProperty(
  call: Call,
  located: Located,
  objectId: number,
  tag: PropertyTag,
): Promise<FoundProperty | undefined> {
  const { context } = call;
  if (located.kind === 'store')
    return (
      pick(bagOf((await loadStore(call, located.store)).modProps ?? []), tag) ??
      pick(readableIn(located.store.properties, await readableOfStore(call, located.store)), tag)
    );
  requireRight(located, RIGHT.READ);
  if (located.kind === 'folder') {
    const folders = await listFolders(context.store.db, located.store);
    const visible = await mayInEach(context.store, call.session.caller, located.store, RIGHT.VISIBLE);
    return pick(bagOf(folderProperties(located.store, located.folder, folders, located.rights, { visible })), tag);
  }
  const opened = await openMessage(context.store, located.message, located.content);
  const object = objectId > 0 ? findObject(opened.object, objectId) : opened.object;
  if (!object) throw new PamojaError('NOT_FOUND', 'no such object');
  if (object === opened.object) {
    if (tag === PR.EC_IMAP_EMAIL) return { tag, value: await collect(opened.mime.read(0, opened.mime.size)) };
    const computed = pick(bagOf(messagePropertyList({ ...located, object: opened.object, mime: !opened.whole })), tag);
    if (computed && !isBlobValue(computed.value)) return computed;
  }
  const key = tagIn(object.properties, tag) ?? tag;
  const value = await opened.open(object, key);
  return value === undefined ? undefined : { tag: key, value };
}
