import { addressBookId, EVERYONE_ID } from '../../../shared/address-book/address-book-ids.ts';
import {
  type Container,
  containersBelow,
  entriesIn,
  requireHasEntries,
} from '../../../shared/address-book/containers.ts';
import { entryProperties, everyoneProperties, tenantNames } from '../../../shared/address-book/entry-properties.ts';
import { PR, type PropertyTag, PT, withType } from '../../../shared/mapi/property-tags.ts';
import { instanceKey } from '../../../shared/store/messages/message-properties.ts';
import type { Call } from '../operations/operation.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { Row, RowSource } from './row-source.ts';

const CONTAINER_COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.INSTANCE_KEY,
  PR.DISPLAY_TYPE,
  PR.OBJECT_TYPE,
  PR.RECORD_KEY,
  PR.SEARCH_KEY,
];
const ENTRY_COLUMNS = [
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.INSTANCE_KEY,
  PR.ADDRTYPE,
  PR.DISPLAY_TYPE,
  PR.OBJECT_TYPE,
  PR.EMAIL_ADDRESS,
  PR.SMTP_ADDRESS,
  PR.SEARCH_KEY,
  PR.RECORD_KEY,
];

/** All columns that both kinds of table have. */
const OFFERED = [
  PR.INSTANCE_KEY,
  PR.RECORD_KEY,
  PR.OBJECT_TYPE,
  PR.ENTRYID,
  PR.DISPLAY_NAME,
  PR.CREATION_TIME,
  PR.LAST_MODIFICATION_TIME,
  PR.AB_PROVIDER_ID,
  PR.DISPLAY_TYPE,
  PR.DISPLAY_TYPE_EX,
];
const CONTAINERS_OFFER = inOrder([...OFFERED, PR.DEPTH, PR.CONTAINER_FLAGS, PR.EMS_AB_CONTAINERID]);
const ENTRIES_OFFER = inOrder([...OFFERED, PR.SMTP_ADDRESS]);

function inOrder(tags: PropertyTag[]): PropertyTag[] {
  return tags.sort((a, b) => (a >>> 0) - (b >>> 0));
}

export interface AddressTableOptions {
  /** Containers at every depth. */
  deep: boolean;
  /** Text columns of a client that sets none are Unicode. */
  unicode: boolean;
}

/** The columns with texts in the type that the table was opened for. */
const texts = (tags: readonly PropertyTag[], unicode: boolean): PropertyTag[] =>
  tags.map((tag) => (!unicode && tag === PR.DISPLAY_NAME ? withType(tag, PT.STRING8) : tag));

/** The containers below one in the address book. */
export function containerTable(
  { context, session }: Call,
  entryId: Buffer,
  { deep, unicode }: AddressTableOptions,
): RowSource {
  return {
    ...simpleTable(texts(CONTAINER_COLUMNS, unicode), async () =>
      (await containersBelow(context.store, session.caller, entryId, deep)).map(containerRow),
    ),
    offered: texts(CONTAINERS_OFFER, unicode),
  };
}

function containerRow({ id, properties }: Container): Row {
  const key = Buffer.alloc(8);
  key.writeUInt32LE(id, 0);
  key.writeUInt32LE(id, 4);
  return bagRow(key, properties);
}

/** The users and groups of a container, or the members of a group, without hidden ones. */
export function entryTable({ context, session }: Call, entryId: Buffer, unicode: boolean): RowSource {
  requireHasEntries(entryId);
  const source = simpleTable(ENTRY_COLUMNS, async () => {
    const { entries, everyone } = await entriesIn(context.store, session.caller, entryId);
    const companies = await tenantNames(context.store, session.caller);
    const { options } = context.store;
    return [
      ...(everyone ? [bagRow(instanceKey(EVERYONE_ID), everyoneProperties())] : []),
      ...entries.map((entry) => bagRow(instanceKey(addressBookId(entry)), entryProperties(options, entry, companies))),
    ];
  });
  return { ...source, offered: texts(ENTRIES_OFFER, unicode) };
}
