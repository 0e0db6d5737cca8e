import { ACCESS_LEVEL } from '../../mapi/access.ts';
import { FOLLOW_UP, MSGFLAG, VERB } from '../../mapi/message-flags.ts';
import type { Property, PropertyBag, PropertyValue } from '../../mapi/property.ts';
import type { MapiObject } from '../../mapi/property-document.ts';
import { OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import { fileTime, sorted } from '../content/property-list.ts';
import { changeKey, folderSourceKey, messageSourceKey, withChangeKey } from '../folders/change-keys.ts';
import { folderEntryId, messageAccess, messageEntryId } from '../folders/entry-ids.ts';
import type { Folder } from '../folders/folder.ts';
import { RIGHT } from '../folders/rights.ts';
import type { MapiStore } from '../stores/stores.ts';
import { FLAG } from './flags.ts';
import { type MessageFacts, VIEW } from './message-facts.ts';
import { messageStatus } from './message-status.ts';

/** Gives PR_MESSAGE_FLAGS: the stored bits, and those that follow from the row. */
export function messageFlags(message: MessageFacts, properties: PropertyBag, hasAttachments: boolean): number {
  const stored =
    Number(properties.get(PR.MESSAGE_FLAGS) ?? 0) & ~(MSGFLAG.READ | MSGFLAG.HASATTACH | MSGFLAG.ASSOCIATED);
  return (
    stored |
    (message.flags & FLAG.SEEN ? MSGFLAG.READ : 0) |
    (message.flags & FLAG.DRAFT ? MSGFLAG.UNSENT : 0) |
    (hasAttachments ? MSGFLAG.HASATTACH : 0) |
    (message.view === VIEW.ASSOCIATED ? MSGFLAG.ASSOCIATED : 0)
  );
}

/** Gives the properties that follow from the row of a message; they override those of its bag. */
export function messageRowProperties(
  store: MapiStore,
  message: MessageFacts,
  properties: PropertyBag,
  hasAttachments: boolean,
): PropertyBag {
  const key =
    (properties.get(PR.CHANGE_KEY) as Buffer | undefined) ?? changeKey(store, message.contentSeq || message.uid);
  const bag: PropertyBag = new Map<PropertyTag, PropertyValue>([
    [PR.MESSAGE_FLAGS, messageFlags(message, properties, hasAttachments)],
    [PR.MESSAGE_SIZE, message.size],
    [PR.HASATTACH, hasAttachments],
    [PR.CREATION_TIME, properties.get(PR.CREATION_TIME) ?? fileTime(message.savedAt)],
    [PR.LAST_MODIFICATION_TIME, properties.get(PR.LAST_MODIFICATION_TIME) ?? fileTime(message.modifiedAt)],
    [PR.CHANGE_KEY, key],
    [
      PR.PREDECESSOR_CHANGE_LIST,
      (properties.get(PR.PREDECESSOR_CHANGE_LIST) as Buffer | undefined) ?? withChangeKey(undefined, key),
    ],
    [PR.EC_IMAP_ID, message.uid],
    ...(messageStatus(message) !== 0 ? [[PR.MSG_STATUS, messageStatus(message)] as const] : []),
  ]);
  if (message.flags & FLAG.FLAGGED) bag.set(PR.FLAG_STATUS, FOLLOW_UP.FLAGGED);
  if (message.flags & FLAG.ANSWERED && !properties.has(PR.LAST_VERB_EXECUTED))
    bag.set(PR.LAST_VERB_EXECUTED, VERB.REPLY_TO_SENDER);
  return bag;
}

/** A message with its place and its object. */
interface OpenedMessage {
  store: MapiStore;
  folder: Folder;
  message: MessageFacts;
  object: MapiObject;
  /** The caller's rights on the folder. */
  rights: number;
  /** The message came as MIME and was changed only as that. */
  mime: boolean;
}

/** All properties of a message, in the order in which clients know them. */
export function messagePropertyList({ store, folder, message, object, rights, mime }: OpenedMessage): Property[] {
  const hasAttachments = object.children.some(({ type }) => type === OBJECT.ATTACHMENT);
  const bag = new Map([
    ...object.properties,
    ...messageRowProperties(store, message, object.properties, hasAttachments),
  ]);
  if (mime && !bag.has(PR.EC_IMAP_EMAIL_SIZE)) bag.set(PR.EC_IMAP_EMAIL_SIZE, message.size);
  return [
    ...sorted(bag),
    { tag: PR.PARENT_SOURCE_KEY, value: folderSourceKey(folder) },
    { tag: PR.SOURCE_KEY, value: messageSourceKey(message) },
    ...(bag.has(PR.EC_IMAP_EMAIL_SIZE) ? [{ tag: PR.EC_IMAP_EMAIL, value: Buffer.alloc(0) }] : []),
    { tag: PR.RECORD_KEY, value: messageEntryId(store, message.id) },
    { tag: PR.PARENT_ENTRYID, value: folderEntryId(store, folder) },
    { tag: PR.ACCESS, value: messageAccess(rights) },
    { tag: PR.ACCESS_LEVEL, value: rights & RIGHT.EDIT_ALL ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY },
  ];
}

/** Gives the properties of a recipient, an attachment or an embedded message. */
export function childProperties(child: MapiObject): Property[] {
  const properties = sorted(child.properties);
  if (child.type === OBJECT.MAIL_USER || child.type === OBJECT.DIST_LIST)
    return [
      ...properties.filter(({ tag }) => tag !== PR.INSTANCE_KEY && tag !== PR.OBJECT_TYPE),
      { tag: PR.INSTANCE_KEY, value: instanceKey(child.id) },
    ];
  const data = properties.filter(({ tag }) => tag === PR.ATTACH_DATA_BIN);
  return [...properties.filter(({ tag }) => tag !== PR.ATTACH_DATA_BIN), ...data];
}

export function instanceKey(id: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(id >>> 0, 0);
  return bytes;
}
