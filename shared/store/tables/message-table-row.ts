import type { Selectable } from 'kysely';
import type { MessagesTable } from '../../database/schema.ts';
import type { PropertyBag, PropertyValue } from '../../mapi/property.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { asUnicode, tagIn, valueAs } from '../../mapi/property-bag.ts';
import { decodePropertyDocument, type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, propertyId } from '../../mapi/property-tags.ts';
import type { Restrictable } from '../../mapi/restriction-matcher.ts';
import type { Folder } from '../folders/folder.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts } from '../messages/message-facts.ts';
import { messageRowProperties } from '../messages/message-properties.ts';
import type { MapiStore } from '../stores/stores.ts';
import { type ColumnSource, columnOf, isCheap, type RowValues } from './message-columns.ts';

/** A message as a row of a table. Properties that have a column are known at once; for the others the message is opened. */
export class MessageTableRow implements ColumnSource, Restrictable {
  readonly facts: MessageFacts;
  readonly key: Buffer;
  readonly store: MapiStore;
  readonly folder: Folder;
  readonly rights: number;
  readonly values: RowValues;
  /** The properties of the message's document. */
  private bag: PropertyBag | undefined;
  /** All of the message, where bodies, recipients or attachments were asked for. */
  private object: MapiObject | undefined;
  private computed: PropertyBag | undefined;

  constructor(store: MapiStore, folder: Folder, facts: MessageFacts, values: RowValues, rights: number) {
    this.store = store;
    this.folder = folder;
    this.facts = facts;
    this.values = values;
    this.rights = rights;
    this.key = facts.id;
  }

  /** PR_MESSAGE_DELIVERY_TIME in milliseconds since 1970 (UTC); 0 for a message that has none. */
  get deliveredAt(): number {
    return this.values.delivered_at;
  }

  /** The uid with which the message came into its folder. */
  get arrivalUid(): number {
    return this.values.arrival_uid;
  }

  get document(): PropertyBag | undefined {
    return this.bag;
  }

  isOpen(whole: boolean): boolean {
    return whole ? this.object !== undefined : this.bag !== undefined;
  }

  /** Opens all of the message. */
  openObject(object: MapiObject): void {
    this.object = object;
    this.bag = object.properties;
  }

  /** Decodes the message's document: the properties that are wanted, else all but the large ones. */
  openDocument(properties: Buffer, wanted: (id: number) => boolean = isSmall): void {
    this.bag = decodePropertyDocument(properties, wanted);
  }

  /** Frees what was opened. */
  close(): void {
    this.bag = undefined;
    this.object = undefined;
    this.computed = undefined;
  }

  /** Whether the row has all of a property's value: of a text its column may have only the beginning. */
  knows(tag: PropertyTag): boolean {
    return isCheap(tag) || this.wholeText(tag) !== undefined;
  }

  private wholeText(tag: PropertyTag): PropertyValue | undefined {
    const sortable = columnOf(tag)?.sortable;
    return sortable?.whole?.(this.values[sortable.name]);
  }

  /** The value by which a table sorts the row. Text that has a column is not opened for it: its beginning is enough. */
  sortValue(tag: PropertyTag): PropertyValue | undefined {
    const sortable = columnOf(tag)?.sortable;
    return sortable ? sortable.sortValue(this.values[sortable.name]) : this.get(tag);
  }

  get(tag: PropertyTag): PropertyValue | undefined {
    const own = columnOf(tag)?.value?.(this);
    if (own !== undefined) return own;
    if (!this.bag) return this.wholeText(tag);
    const value =
      (COMPUTED.has(tag) ? this.computedBag(this.bag).get(tag) : undefined) ?? valueAs(this.bag, asUnicode(tag));
    return isBlobValue(value) ? undefined : value;
  }

  /** The tag, with its type, of the property that the message has under an id (PT_UNSPECIFIED). */
  tagOf(tag: PropertyTag): PropertyTag | undefined {
    const known = TAGS_BY_ID.get(propertyId(tag));
    if (known !== undefined && this.get(known) !== undefined) return known;
    return this.bag && tagIn(this.bag, tag);
  }

  private computedBag(bag: PropertyBag): PropertyBag {
    this.computed ??= messageRowProperties(this.store, this.facts, bag, this.values.has_attachments === 1);
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
}

/** Columns of `messages` that make a row, for {@link messageTableRowOf}. */
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

export const messageTableRowOf = (store: MapiStore, folder: Folder, row: RowColumns, rights: number): MessageTableRow =>
  new MessageTableRow(
    store,
    folder,
    factsOf(store, row),
    // Not the row itself: that may hold the document.
    {
      message_class: row.message_class,
      subject: row.subject,
      display_to: row.display_to,
      importance: row.importance,
      has_attachments: row.has_attachments,
      delivered_at: row.delivered_at,
      size: row.size,
      arrival_uid: row.arrival_uid,
      deleted_at: row.deleted_at,
    },
    rights,
  );

/** Properties that are computed from the row and from the document. */
const COMPUTED = new Set<PropertyTag>([
  PR.CREATION_TIME,
  PR.LAST_MODIFICATION_TIME,
  PR.CHANGE_KEY,
  PR.PREDECESSOR_CHANGE_LIST,
  PR.FLAG_STATUS,
  PR.LAST_VERB_EXECUTED,
]);

/** Ids of large properties, which a message that came as MIME has in its MIME alone: bodies and headers, recipients and attachments. */
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

/** The tags of {@link PR} by their ids, the first of each. */
const TAGS_BY_ID: ReadonlyMap<number, PropertyTag> = new Map(
  Object.values(PR)
    .reverse()
    .map((tag) => [propertyId(tag), tag]),
);

/** Whether a property needs all of the message, not its document alone. */
export const isLarge = (tag: PropertyTag): boolean => LARGE.has(propertyId(tag));

/** Which properties of a document are to be decoded for some tags: those themselves, and those that computed properties are made of. */
export function wantedBy(tags: readonly PropertyTag[]): (id: number) => boolean {
  const ids = new Set([...tags, ...COMPUTED, PR.MESSAGE_FLAGS].map((tag) => propertyId(tag)));
  return (id) => ids.has(id) && isSmall(id);
}
