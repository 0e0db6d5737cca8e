import { ACCESS_LEVEL } from '../../mapi/access.ts';
import { FOLLOW_UP } from '../../mapi/message-flags.ts';
import type { PropertyBag, PropertyValue } from '../../mapi/property.ts';
import { asUnicode } from '../../mapi/property-bag.ts';
import { OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import { mayBeCut } from '../content/message-row.ts';
import { fileTime } from '../content/property-list.ts';
import { folderSourceKey, messageSourceKey } from '../folders/change-keys.ts';
import { folderEntryId, messageAccess, messageEntryId, storeEntryId } from '../folders/entry-ids.ts';
import type { Folder } from '../folders/folder.ts';
import { RIGHT } from '../folders/rights.ts';
import { FLAG } from '../messages/flags.ts';
import { type MessageFacts, VIEW } from '../messages/message-facts.ts';
import { messageFlags } from '../messages/message-properties.ts';
import { messageStatus } from '../messages/message-status.ts';
import type { MapiStore } from '../stores/stores.ts';

/** Columns of `messages` that tables are sorted by and restricted on. Times are milliseconds since 1970 (UTC), 0: none. */
export interface SortableValues {
  subject: string;
  display_to: string;
  delivered_at: number;
  message_class: string;
  importance: number;
  has_attachments: number;
  size: number;
}

export type SortableName = keyof SortableValues;

/** Columns of `messages` that a table row has beside the facts. */
export interface RowValues extends SortableValues {
  /** The uid with which the message came into its folder. */
  arrival_uid: number;
  deleted_at: number | null;
}

/** A message as its columns see it. */
export interface ColumnSource {
  readonly store: MapiStore;
  readonly folder: Folder;
  readonly facts: MessageFacts;
  /** The caller's rights on the folder. */
  readonly rights: number;
  readonly values: RowValues;
  /** The properties of the message's document, where that has been opened. */
  readonly document: PropertyBag | undefined;
}

/** The column of the database that rows are sorted by, given what it holds. */
interface SortableColumn {
  name: SortableName;
  /** Undefined sorts as an empty value. A text may be cut to the column: its beginning is enough. */
  sortValue(stored: string | number): PropertyValue | undefined;
  /** The property's whole value; undefined: the document has to be asked. Without it, always. */
  whole?(stored: string | number): PropertyValue | undefined;
}

/** A property that the row of a message says something about. */
interface MessageColumn {
  tag: PropertyTag;
  /** Undefined: the message has none, or its document has to be asked. */
  value?(row: ColumnSource): PropertyValue | undefined;
  /** Whether the row alone decides the value, so that the message is not opened for it. */
  cheap: boolean;
  sortable?: SortableColumn;
}

const cheap = (tag: PropertyTag, value: (row: ColumnSource) => PropertyValue | undefined): MessageColumn => ({
  tag,
  value,
  cheap: true,
});

/** A column of the database that has all of a property. */
const stored = (
  tag: PropertyTag,
  name: SortableName,
  convert: (value: string | number) => PropertyValue = (value) => value,
): MessageColumn => ({
  tag,
  value: ({ values }) => convert(values[name]),
  cheap: true,
  sortable: { name, sortValue: convert, whole: convert },
});

/** A column of the database that has the beginning of a text, or a time. */
const beginning = (tag: PropertyTag, name: SortableName, whole?: SortableColumn['whole']): MessageColumn => ({
  tag,
  cheap: false,
  sortable: { name, sortValue: (value) => value || undefined, ...(whole ? { whole } : {}) },
});

const NO_PROPERTIES: PropertyBag = new Map();

/** The properties that the row of a message has a value for. */
const COLUMNS: readonly MessageColumn[] = [
  cheap(PR.ENTRYID, ({ store, facts }) => messageEntryId(store, facts.id)),
  cheap(PR.RECORD_KEY, ({ store, facts }) => messageEntryId(store, facts.id)),
  cheap(PR.PARENT_ENTRYID, ({ store, folder }) => folderEntryId(store, folder)),
  cheap(PR.STORE_ENTRYID, ({ store }) => storeEntryId(store)),
  cheap(PR.STORE_RECORD_KEY, ({ store }) => store.guid),
  cheap(PR.OBJECT_TYPE, () => OBJECT.MESSAGE),
  cheap(PR.INSTANCE_KEY, ({ facts }) => facts.id),
  cheap(PR.SOURCE_KEY, ({ facts }) => messageSourceKey(facts)),
  cheap(PR.PARENT_SOURCE_KEY, ({ folder }) => folderSourceKey(folder)),
  cheap(PR.ACCESS, ({ rights }) => messageAccess(rights)),
  cheap(PR.ACCESS_LEVEL, ({ rights }) => (rights & RIGHT.EDIT_ALL ? ACCESS_LEVEL.MODIFY : ACCESS_LEVEL.READ_ONLY)),
  cheap(PR.EC_IMAP_ID, ({ facts }) => facts.uid),
  cheap(PR.EC_HIERARCHYID, ({ facts }) => facts.uid),
  cheap(PR.EC_PARENT_HIERARCHYID, ({ facts }) => facts.folder),
  cheap(PR.ASSOCIATED, ({ facts }) => facts.view === VIEW.ASSOCIATED),
  cheap(PR.MSG_STATUS, ({ facts }) => messageStatus(facts)),
  cheap(PR.DELETED_ON, ({ values }) => (values.deleted_at === null ? undefined : fileTime(values.deleted_at))),
  cheap(PR.MESSAGE_SIZE_EXTENDED, ({ facts }) => BigInt(facts.size)),
  stored(PR.MESSAGE_SIZE, 'size'),
  stored(PR.HASATTACH, 'has_attachments', (value) => value === 1),
  stored(PR.MESSAGE_CLASS, 'message_class'),
  stored(PR.IMPORTANCE, 'importance'),
  // A subject that cannot have been cut is known; an empty column may stand for none.
  beginning(PR.SUBJECT, 'subject', (value) => (value !== '' && !mayBeCut(String(value)) ? value : undefined)),
  beginning(PR.DISPLAY_TO, 'display_to'),
  beginning(PR.MESSAGE_DELIVERY_TIME, 'delivered_at'),
  // Flags that the row has; the document may have more.
  {
    tag: PR.MESSAGE_FLAGS,
    value: ({ facts, values, document }) =>
      messageFlags(facts, document ?? NO_PROPERTIES, values.has_attachments === 1),
    cheap: false,
  },
  {
    tag: PR.FLAG_STATUS,
    value: ({ facts }) => (facts.flags & FLAG.FLAGGED ? FOLLOW_UP.FLAGGED : undefined),
    cheap: false,
  },
];

const BY_TAG: ReadonlyMap<PropertyTag, MessageColumn> = new Map(COLUMNS.map((column) => [column.tag, column]));

/** The column of a property, in whichever type its text is asked for. */
export const columnOf = (tag: PropertyTag): MessageColumn | undefined => BY_TAG.get(asUnicode(tag));

/** Whether the row of a message decides a property, without its document. */
export const isCheap = (tag: PropertyTag): boolean => columnOf(tag)?.cheap === true;

/** Whether rows can be sorted by a property without being opened. */
export function sortsCheaply(tag: PropertyTag): boolean {
  const column = columnOf(tag);
  return column !== undefined && (column.cheap || column.sortable !== undefined);
}
