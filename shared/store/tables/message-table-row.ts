import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import { ACCESS_LEVEL } from '../../mapi/access.ts';
import { FOLLOW_UP } from '../../mapi/message-flags.ts';
import type { PropertyBag, PropertyValue } from '../../mapi/property.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { asUnicode, tagIn, valueAs } from '../../mapi/property-bag.ts';
import { decodePropertyDocument, type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, propertyId } from '../../mapi/property-tags.ts';
import type { Restrictable } from '../../mapi/restriction-matcher.ts';
import { mayBeCut } from '../content/message-row.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId } from '../engine/ids.ts';
import { folderEntryId, messageAccess, messageEntryId, storeEntryId } from '../folders/entry-ids.ts';
import type { Folder } from '../folders/folder.ts';
import { RIGHT } from '../folders/rights.ts';
import { folderSourceKey, messageSourceKey } from '../messages/change-keys.ts';
import { FLAG } from '../messages/flags.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts, openContent, VIEW } from '../messages/mapi-messages.ts';
import { fileTime, messageFlags, messageRowProperties } from '../messages/mapi-properties.ts';
import { messageStatus } from '../messages/message-status.ts';
import type { MapiStore } from '../stores/stores.ts';

/** A message as a row of a table. What has a column is there at once; the rest is read when it is asked for. */
export class MessageRow implements Restrictable {
  readonly facts: MessageFacts;
  readonly key: Buffer;
  private readonly store: MapiStore;
  private readonly folder: Folder;
  private readonly rights: number;
  private readonly columns: Columns;
  /** The properties of the message's document. */
  private bag: PropertyBag | undefined;
  /** All of the message, where bodies, recipients or attachments were asked for. */
  private object: MapiObject | undefined;
  private computed: PropertyBag | undefined;

  constructor(store: MapiStore, folder: Folder, facts: MessageFacts, columns: Columns, rights: number) {
    this.store = store;
    this.folder = folder;
    this.facts = facts;
    this.columns = columns;
    this.rights = rights;
    this.key = facts.id;
  }

  /** PR_MESSAGE_DELIVERY_TIME in milliseconds since 1970 (UTC); 0 for a message that has none. */
  get deliveredAt(): number {
    return this.columns.deliveredAt;
  }

  /** Where it stands in its folder: the uid with which it came. */
  get arrivalUid(): number {
    return this.columns.arrivalUid;
  }

  isOpen(whole: boolean): boolean {
    return whole ? this.object !== undefined : this.bag !== undefined;
  }

  /** Opens all of the message. */
  openObject(object: MapiObject): void {
    this.object = object;
    this.bag = object.properties;
  }

  /** Opens what the message's document has of some properties; but for what is large, all. */
  openDocument(properties: Buffer, wanted: (id: number) => boolean = isSmall): void {
    this.bag = decodePropertyDocument(properties, wanted);
  }

  /** Forgets what was opened. */
  close(): void {
    this.bag = undefined;
    this.object = undefined;
    this.computed = undefined;
  }

  /** Whether the columns have all of a property's value: of a text they have its beginning. */
  knows(tag: PropertyTag): boolean {
    return isCheap(tag) || this.wholeText(tag) !== undefined;
  }

  private wholeText(tag: PropertyTag): string | undefined {
    const { subject } = this.columns;
    return asUnicode(tag) === PR.SUBJECT && subject !== '' && !mayBeCut(subject) ? subject : undefined;
  }

  /** What a table sorts the row by. Text that has a column is not opened for it: its beginning is enough, and none stands where an empty one does. */
  sortValue(tag: PropertyTag): PropertyValue | undefined {
    const { columns } = this;
    switch (asUnicode(tag)) {
      case PR.SUBJECT:
        return columns.subject || undefined;
      case PR.DISPLAY_TO:
        return columns.displayTo || undefined;
      case PR.MESSAGE_DELIVERY_TIME:
        return columns.deliveredAt || undefined;
      default:
        return this.get(tag);
    }
  }

  get(tag: PropertyTag): PropertyValue | undefined {
    const own = this.column(tag);
    if (own !== undefined) return own;
    if (!this.bag) return this.wholeText(tag);
    const value =
      (COMPUTED.has(tag) ? this.computedBag(this.bag).get(tag) : undefined) ?? valueAs(this.bag, asUnicode(tag));
    return isBlobValue(value) ? undefined : value;
  }

  /** The tag, with its type, of what is there under an id (PT_UNSPECIFIED). */
  tagOf(tag: PropertyTag): PropertyTag | undefined {
    const known = TAGS_BY_ID.get(propertyId(tag));
    if (known !== undefined && this.get(known) !== undefined) return known;
    return this.bag && tagIn(this.bag, tag);
  }

  private computedBag(bag: PropertyBag): PropertyBag {
    this.computed ??= messageRowProperties(this.store, this.facts, bag, this.columns.hasAttachments);
    return this.computed;
  }

  below(tag: PropertyTag): readonly Restrictable[] {
    const types: readonly number[] =
      propertyId(tag) === propertyId(PR.MESSAGE_ATTACHMENTS)
        ? [OBJECT.ATTACHMENT]
        : [OBJECT.MAIL_USER, OBJECT.DIST_LIST];
    return (this.object?.children ?? [])
      .filter((child) => types.includes(child.type))
      .map((child) => ({ get: (inner: PropertyTag) => valueAs(child.properties, asUnicode(inner)) }));
  }

  private column(tag: PropertyTag): PropertyValue | undefined {
    const { facts, columns } = this;
    switch (asUnicode(tag)) {
      case PR.ENTRYID:
      case PR.RECORD_KEY:
        return messageEntryId(this.store, facts.id);
      case PR.PARENT_ENTRYID:
        return folderEntryId(this.store, this.folder);
      case PR.STORE_ENTRYID:
        return storeEntryId(this.store);
      case PR.STORE_RECORD_KEY:
        return this.store.guid;
      case PR.OBJECT_TYPE:
        return OBJECT.MESSAGE;
      case PR.INSTANCE_KEY:
        return facts.id;
      case PR.SOURCE_KEY:
        return messageSourceKey(facts);
      case PR.PARENT_SOURCE_KEY:
        return folderSourceKey(this.folder);
      case PR.ACCESS:
        return messageAccess(this.rights);
      case PR.ACCESS_LEVEL:
        return this.rights & RIGHT.EDIT_ALL ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY;
      case PR.EC_IMAP_ID:
        return facts.uid;
      case PR.MESSAGE_SIZE:
        return facts.size;
      case PR.MESSAGE_SIZE_EXTENDED:
        return BigInt(facts.size);
      case PR.HASATTACH:
        return columns.hasAttachments;
      case PR.ASSOCIATED:
        return facts.view === VIEW.ASSOCIATED;
      case PR.EC_HIERARCHYID:
        return facts.uid;
      case PR.EC_PARENT_HIERARCHYID:
        return facts.folder;
      case PR.MSG_STATUS:
        return messageStatus(facts);
      case PR.MESSAGE_FLAGS:
        return this.bag
          ? messageFlags(facts, this.bag, columns.hasAttachments)
          : messageFlags(facts, NO_PROPERTIES, columns.hasAttachments);
      case PR.FLAG_STATUS:
        return facts.flags & FLAG.FLAGGED ? FOLLOW_UP.FLAGGED : undefined;
      case PR.DELETED_ON:
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

const NO_PROPERTIES: PropertyBag = new Map();

interface Columns {
  messageClass: string;
  subject: string;
  displayTo: string;
  importance: number;
  hasAttachments: boolean;
  deliveredAt: number;
  arrivalUid: number;
  deletedAt: number | null;
}

export const MESSAGE_ROW_COLUMNS = [
  ...MESSAGE_COLUMNS,
  'messages.message_class',
  'messages.subject',
  'messages.display_to',
  'messages.importance',
  'messages.has_attachments',
  'messages.delivered_at',
  'messages.arrival_uid',
  'messages.deleted_at',
] as const;

type ColumnName<Name extends string> = Name extends `messages.${infer Column}` ? Column : never;
type RowColumns = Pick<Selectable<MessagesTable>, ColumnName<(typeof MESSAGE_ROW_COLUMNS)[number]>>;

export const messageRowOf = (store: MapiStore, folder: Folder, row: RowColumns, rights: number): MessageRow =>
  new MessageRow(
    store,
    folder,
    factsOf(store, row),
    {
      messageClass: row.message_class,
      subject: row.subject,
      displayTo: row.display_to,
      importance: row.importance,
      hasAttachments: row.has_attachments === 1,
      deliveredAt: row.delivered_at,
      arrivalUid: row.arrival_uid,
      deletedAt: row.deleted_at,
    },
    rights,
  );

/** Columns that rows have without their messages being opened. */
const CHEAP = new Set<PropertyTag>([
  PR.ENTRYID,
  PR.RECORD_KEY,
  PR.PARENT_ENTRYID,
  PR.STORE_ENTRYID,
  PR.STORE_RECORD_KEY,
  PR.OBJECT_TYPE,
  PR.INSTANCE_KEY,
  PR.SOURCE_KEY,
  PR.PARENT_SOURCE_KEY,
  PR.ACCESS,
  PR.ACCESS_LEVEL,
  PR.EC_IMAP_ID,
  PR.MESSAGE_SIZE,
  PR.MESSAGE_SIZE_EXTENDED,
  PR.HASATTACH,
  PR.ASSOCIATED,
  PR.EC_HIERARCHYID,
  PR.EC_PARENT_HIERARCHYID,
  PR.MSG_STATUS,
  PR.DELETED_ON,
  PR.MESSAGE_CLASS,
  PR.IMPORTANCE,
]);

export const isCheap = (tag: PropertyTag): boolean => CHEAP.has(asUnicode(tag));

/** Whether rows can be sorted by a property without being opened. */
export const sortsCheaply = (tag: PropertyTag): boolean => isCheap(tag) || SORT_COLUMNS.has(asUnicode(tag));

const SORT_COLUMNS = new Set<PropertyTag>([PR.SUBJECT, PR.DISPLAY_TO, PR.MESSAGE_DELIVERY_TIME]);

/** Properties that follow from the row as well as from what is in the document. */
const COMPUTED = new Set<PropertyTag>([
  PR.CREATION_TIME,
  PR.LAST_MODIFICATION_TIME,
  PR.CHANGE_KEY,
  PR.PREDECESSOR_CHANGE_LIST,
  PR.FLAG_STATUS,
  PR.LAST_VERB_EXECUTED,
]);

/** Ids of what is large, and for a message that came as MIME in its MIME alone: bodies and headers, recipients and attachments. */
const LARGE = new Set(
  [
    PR.BODY,
    PR.RTF_COMPRESSED,
    PR.HTML,
    PR.TRANSPORT_MESSAGE_HEADERS,
    PR.INTERNET_CPID,
    PR.MESSAGE_RECIPIENTS,
    PR.MESSAGE_ATTACHMENTS,
  ].map(propertyId),
);

const isSmall = (id: number): boolean => !LARGE.has(id);

/** Whether a property needs all of the message. */
/** Tags that the store knows by their ids, the first of each. */
const TAGS_BY_ID: ReadonlyMap<number, PropertyTag> = new Map(
  Object.values(PR)
    .reverse()
    .map((tag) => [propertyId(tag), tag]),
);

export const isLarge = (tag: PropertyTag): boolean => LARGE.has(propertyId(tag));

/** Messages of a view of a folder, in the order in which they came; or of any folders of a store, by id. */
export async function messageRows(
  db: Database,
  store: MapiStore,
  folders: ReadonlyMap<FolderId, Folder>,
  where: { folder: FolderId; view: number } | { ids: readonly MessageId[]; views?: readonly number[] },
  rights: (folder: FolderId) => number,
): Promise<MessageRow[]> {
  if ('ids' in where && where.ids.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(MESSAGE_ROW_COLUMNS)
    .where('messages.tenant_id', '=', store.tenant)
    .where('messages.store_id', '=', store.store)
    .$if('folder' in where, (query) =>
      'folder' in where ? query.where('folder_id', '=', where.folder).where('deleted', '=', where.view) : query,
    )
    .$if('ids' in where, (query) =>
      'ids' in where
        ? query.where('id', 'in', [...where.ids]).where('deleted', 'in', [...(where.views ?? [VIEW.LIVE])])
        : query,
    )
    .orderBy('messages.arrival_uid')
    .execute();
  return rows.flatMap((row) => {
    const folder = folders.get(row.folder_id as FolderId);
    return folder ? [messageRowOf(store, folder, row, rights(folder.id))] : [];
  });
}

/** Which properties of a document are wanted for some: those, and what those follow from that are computed. */
export function wantedBy(tags: readonly PropertyTag[]): (id: number) => boolean {
  const ids = new Set([...tags, ...COMPUTED, PR.MESSAGE_FLAGS].map((tag) => propertyId(tag)));
  return (id) => ids.has(id) && isSmall(id);
}

/** Messages whose contents are opened at a time: whole ones, and their documents alone. */
const BATCH = { whole: 64, documents: 500 };

/**
 * Opens rows, so that the values of properties can be had: of their documents, of their MIME only where that is asked for. With `only`,
 * no other properties are decoded.
 */
export async function openRows(
  context: StoreContext,
  store: MapiStore,
  rows: readonly MessageRow[],
  tags: readonly PropertyTag[],
  only = false,
): Promise<void> {
  const wanted = only ? wantedBy(tags) : undefined;
  const whole = tags.some(isLarge);
  const closed = rows.filter((row) => !row.isOpen(whole));
  const batch = whole ? BATCH.whole : BATCH.documents;
  for (let i = 0; i < closed.length; i += batch) {
    const some = new Map(closed.slice(i, i + batch).map((row) => [row.facts.id.toString('hex'), row]));
    const ids = [...some.values()].map(({ facts }) => facts.id);
    const opening = whole
      ? (await contentsOf(context.db, store, ids).select(['id', 'properties', 'mime', 'parts']).execute()).map(
          async (content) => {
            const row = some.get(content.id.toString('hex'));
            row?.openObject((await openContent(context, store.tenant, content, row.facts.size)).object);
          },
        )
      : (await contentsOf(context.db, store, ids).select(['id', 'properties']).execute()).map((content) => {
          some.get(content.id.toString('hex'))?.openDocument(content.properties, wanted);
        });
    await Promise.all(opening);
  }
}

const contentsOf = (db: Database, { tenant, store }: MapiStore, ids: readonly MessageId[]) =>
  db
    .selectFrom('message_contents')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('id', 'in', [...ids]);
