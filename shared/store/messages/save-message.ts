import { PamojaError } from '../../mapi/error.ts';
import { toFileTime } from '../../mapi/filetime.ts';
import { encodeObjectDocument, type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR } from '../../mapi/property-tags.ts';
import type { StoreContext } from '../engine/context.ts';
import type { StoreRef, TenantId } from '../engine/ids.ts';
import { storeLargeValues } from './large-values.ts';
import { prepareObject } from './message-bytes.ts';
import { type MessageFacts, messagesByIds, VIEW } from './message-facts.ts';
import { applyObjectChange, changesMime, type SavedObject } from './object-change.ts';
import { type OpenMessage, openMessage } from './open-message.ts';
import { type NextMessage, type SaveMessage, writeMessage } from './write-message.ts';

export interface SavedMessage extends SavedObject {
  facts: MessageFacts;
  object: MapiObject;
}

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
    const { saved, next } = await applyChange(context, ref.tenant, save, opened);
    const facts = await writeMessage(context, ref, { save, read: there, next });
    if (facts) return { ...saved, facts, object: next.object };
    if (attempt >= ATTEMPTS) throw new PamojaError('BUSY', 'the message is being changed again and again');
  }
}

/** Applies the change to the message as it was read, and uploads what is too large for rows. */
async function applyChange(
  context: StoreContext,
  tenant: TenantId,
  save: SaveMessage,
  opened: OpenMessage | undefined,
): Promise<{ saved: SavedObject; next: NextMessage }> {
  const now = toFileTime(context.clock());
  const object: MapiObject = opened?.object ?? { type: OBJECT.MESSAGE, id: 1, properties: new Map(), children: [] };
  if (opened && !opened.whole) await takeAttachments(context, opened, object);
  const saved = { ...applyObjectChange(object, save.change, now), created: opened === undefined };
  const { properties } = object;
  if (!opened && !properties.has(PR.CREATION_TIME)) properties.set(PR.CREATION_TIME, now);
  if (!save.change.set.has(PR.LAST_MODIFICATION_TIME)) properties.set(PR.LAST_MODIFICATION_TIME, now);
  properties.set(PR.LAST_MODIFIER_NAME, save.modifier.name);
  properties.set(PR.LAST_MODIFIER_ENTRYID, save.modifier.entryId);
  const given = save.change.set.get(PR.EC_IMAP_EMAIL);
  properties.delete(PR.EC_IMAP_EMAIL);
  // Large values are uploaded while the bytes of the message, which hold them too, are made and uploaded.
  const [prepared, replaceByBlobs] = await Promise.all([
    opened && !given && !changesMime(save.change)
      ? undefined
      : prepareObject(context, tenant, object, given as Buffer | undefined),
    storeLargeValues(context, tenant, object),
  ]);
  // The bytes that a client once gave are not those that were composed now.
  if (opened && prepared && !given) properties.delete(PR.EC_IMAP_EMAIL_SIZE);
  replaceByBlobs();
  return { saved, next: { object, prepared, document: encodeObjectDocument(object) } };
}

/** Reads the data of attachments of a message that was stored as MIME alone: from now on its object has them as values of their own. */
async function takeAttachments(context: StoreContext, opened: OpenMessage, object: MapiObject): Promise<void> {
  for (const child of object.children) {
    if (child.type === OBJECT.ATTACHMENT && !child.properties.has(PR.ATTACH_DATA_BIN)) {
      const data = await opened.open(child, PR.ATTACH_DATA_BIN);
      if (Buffer.isBuffer(data)) child.properties.set(PR.ATTACH_DATA_BIN, data);
    }
    await takeAttachments(context, opened, child);
  }
}
