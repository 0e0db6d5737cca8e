import type { PropertyBag, PropertyValue } from '../mapi/property-document.ts';
import { type PropertyBag as Bag, isBlobValue, type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR, type PropertyTag, propertyId } from '../mapi/property-tags.ts';
import type { Restrictable } from '../mapi/restriction.ts';
import type { Database } from '../platform/database.ts';
import type { StoreContext } from './context.ts';
import { FLAG } from './flags.ts';
import type { FolderId, MessageId } from './ids.ts';
import { folderSourceKey, messageSourceKey } from './keys.ts';
import type { MapiFolder } from './mapi-folders.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts, openContent, VIEW } from './mapi-messages.ts';
import { asUnicode, fileTime, messageFlags, messageRowProperties, TAG, valueAs } from './mapi-properties.ts';
import type { MapiStore } from './mapi-stores.ts';
import { messageStatus } from './message-status.ts';
import { folderEntryId, messageAccess, messageEntryId, storeEntryId } from './object-ids.ts';

/** A message as a row of a table. What has a column is there at once; the rest is read when it is asked for. */
export class MessageRow implements Restrictable {
  readonly facts: MessageFacts;
  readonly key: Buffer;
  private readonly store: MapiStore;
  private readonly folder: MapiFolder;
  private readonly rights: number;
  private readonly columns: Columns;
  private bag: PropertyBag | undefined;
  object: MapiObject | undefined;

  constructor(store: MapiStore, folder: MapiFolder, facts: MessageFacts, columns: Columns, rights: number) {
    this.store = store;
    this.folder = folder;
    this.facts = facts;
    this.columns = columns;
    this.rights = rights;
    this.key = facts.id;
  }

  get opened(): boolean {
    return this.bag !== undefined;
  }

  opening(object: MapiObject): void {
    this.object = object;
    this.bag = new Map([...object.properties, ...messageRowProperties(this.store, this.facts, object)]);
  }

  get(tag: PropertyTag): PropertyValue | undefined {
    const own = this.column(tag);
    if (own !== undefined) return own;
    const value = this.bag && valueAs(this.bag, asUnicode(tag));
    return isBlobValue(value) ? undefined : value;
  }

  below(tag: PropertyTag): readonly Restrictable[] {
    const type =
      propertyId(tag) === PR_MESSAGE_ATTACHMENTS ? [OBJECT.ATTACHMENT] : [OBJECT.MAIL_USER, OBJECT.DIST_LIST];
    return (this.object?.children ?? [])
      .filter((child) => type.includes(child.type as never))
      .map((child) => ({ get: (inner: PropertyTag) => valueAs(child.properties as Bag, asUnicode(inner)) }));
  }

  private column(tag: PropertyTag): PropertyValue | undefined {
    const { facts, columns } = this;
    switch (asUnicode(tag)) {
      case TAG.ENTRYID:
      case TAG.RECORD_KEY:
        return messageEntryId(this.store, facts.id);
      case TAG.PARENT_ENTRYID:
        return folderEntryId(this.store, this.folder);
      case TAG.STORE_ENTRYID:
        return storeEntryId(this.store);
      case TAG.STORE_RECORD_KEY:
        return this.store.guid;
      case TAG.OBJECT_TYPE:
        return OBJECT.MESSAGE;
      case TAG.INSTANCE_KEY:
        return facts.id;
      case TAG.SOURCE_KEY:
        return messageSourceKey(facts);
      case TAG.PARENT_SOURCE_KEY:
        return folderSourceKey(this.folder);
      case TAG.ACCESS:
        return messageAccess(this.rights);
      case TAG.ACCESS_LEVEL:
        return this.rights & 0x20 ? 1 : 0;
      case TAG.EC_IMAP_ID:
        return facts.uid;
      case TAG.MESSAGE_SIZE:
        return facts.size;
      case TAG.MESSAGE_SIZE_EXTENDED:
        return BigInt(facts.size);
      case TAG.HASATTACH:
        return columns.hasAttachments;
      case TAG.ASSOCIATED:
        return facts.view === VIEW.ASSOCIATED;
      case TAG.HIERARCHYID:
        return facts.uid;
      case TAG.PARENT_HIERARCHY:
        return facts.folder;
      case TAG.MSG_STATUS:
        return messageStatus(facts);
      case TAG.MESSAGE_FLAGS:
        return this.bag
          ? messageFlags(facts, this.bag, columns.hasAttachments)
          : messageFlags(facts, NO_PROPERTIES, columns.hasAttachments);
      case FLAG_STATUS:
        return facts.flags & FLAG.FLAGGED ? 2 : undefined;
      case TAG.DELETED_ON:
        return columns.deletedAt === null ? undefined : fileTime(columns.deletedAt);
      case PR.MESSAGE_CLASS:
        return columns.messageClass;
      case PR.IMPORTANCE:
        return columns.importance;
      default:
        return undefined;
    }
  }
}

const FLAG_STATUS = 0x10900003;
const PR_MESSAGE_ATTACHMENTS = 0x0e13;
const NO_PROPERTIES: PropertyBag = new Map();

interface Columns {
  messageClass: string;
  importance: number;
  hasAttachments: boolean;
  deletedAt: number | null;
}

/** Columns that rows have without their messages being opened. */
const CHEAP = new Set<PropertyTag>([
  TAG.ENTRYID,
  TAG.RECORD_KEY,
  TAG.PARENT_ENTRYID,
  TAG.STORE_ENTRYID,
  TAG.STORE_RECORD_KEY,
  TAG.OBJECT_TYPE,
  TAG.INSTANCE_KEY,
  TAG.SOURCE_KEY,
  TAG.PARENT_SOURCE_KEY,
  TAG.ACCESS,
  TAG.ACCESS_LEVEL,
  TAG.EC_IMAP_ID,
  TAG.MESSAGE_SIZE,
  TAG.MESSAGE_SIZE_EXTENDED,
  TAG.HASATTACH,
  TAG.ASSOCIATED,
  TAG.HIERARCHYID,
  TAG.PARENT_HIERARCHY,
  TAG.MSG_STATUS,
  TAG.DELETED_ON,
  PR.MESSAGE_CLASS,
  PR.IMPORTANCE,
]);

export const isCheap = (tag: PropertyTag): boolean => CHEAP.has(asUnicode(tag));

/** Messages of a view of a folder, by uid; or of any folders of a store, by id. */
export async function messageRows(
  db: Database,
  store: MapiStore,
  folders: ReadonlyMap<FolderId, MapiFolder>,
  where: { folder: FolderId; view: number } | { ids: readonly MessageId[] },
  rights: (folder: FolderId) => number,
): Promise<MessageRow[]> {
  if ('ids' in where && where.ids.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(MESSAGE_COLUMNS)
    .select(['messages.message_class', 'messages.importance', 'messages.has_attachments', 'messages.deleted_at'])
    .where('messages.tenant_id', '=', store.tenant)
    .where('messages.store_id', '=', store.store)
    .$if('folder' in where, (query) =>
      'folder' in where ? query.where('folder_id', '=', where.folder).where('deleted', '=', where.view) : query,
    )
    .$if('ids' in where, (query) =>
      'ids' in where ? query.where('id', 'in', [...where.ids]).where('deleted', '=', VIEW.LIVE) : query,
    )
    .orderBy('messages.uid')
    .execute();
  return rows.flatMap((row) => {
    const folder = folders.get(row.folder_id as FolderId);
    if (!folder) return [];
    const columns = {
      messageClass: row.message_class,
      importance: row.importance,
      hasAttachments: row.has_attachments === 1,
      deletedAt: row.deleted_at,
    };
    return [new MessageRow(store, folder, factsOf(store, row), columns, rights(folder.id))];
  });
}

/** Messages whose contents are opened at a time. */
const BATCH = 64;

/** Opens rows that are not open yet, so that all their properties can be had. */
export async function openRows(context: StoreContext, store: MapiStore, rows: readonly MessageRow[]): Promise<void> {
  const closed = rows.filter((row) => !row.opened);
  for (let i = 0; i < closed.length; i += BATCH) {
    const some = closed.slice(i, i + BATCH);
    const contents = await context.db
      .selectFrom('message_contents')
      .select(['id', 'properties', 'mime', 'parts'])
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where(
        'id',
        'in',
        some.map(({ facts }) => facts.id),
      )
      .execute();
    const byId = new Map(contents.map((row) => [row.id.toString('hex'), row]));
    await Promise.all(
      some.map(async (row) => {
        const content = byId.get(row.facts.id.toString('hex'));
        if (content) row.opening((await openContent(context, content, row.facts.size)).object);
      }),
    );
  }
}
