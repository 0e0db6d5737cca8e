import { addressBookEntryId, SYSTEM_ENTRY_ID } from '../../../shared/address-book/address-book-ids.ts';
import { tenantNames } from '../../../shared/address-book/entry-properties.ts';
import {
  type DirectoryEntry,
  findUser,
  listTenantEntries,
  listUsersOf,
  quotaOfUser,
} from '../../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { PropertyBag, PropertyValue } from '../../../shared/mapi/property.ts';
import { asString8 } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { fileTime } from '../../../shared/store/content/property-list.ts';
import { storeEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { logonProperties } from '../../../shared/store/folders/folder-object.ts';
import { type ListedStore, listStores } from '../../../shared/store/stores/stores.ts';
import { adminStore } from '../admin-store.ts';
import type { Call } from '../operations/operation.ts';
import { ownerOf, readStoreName } from '../operations/stores.ts';
import { statisticsOf } from '../statistics.ts';
import { OBJECT_CLASS, SYSTEM_USER } from '../wire-entries.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { RowSource } from './row-source.ts';

const key = (text: string | number): Buffer => Buffer.from(String(text));
const KB = 1024;
const MAX_LONG = 0x7fffffff;

const rowsOf = (bags: readonly PropertyBag[]) => bags.map((bag, i) => bagRow(key(i), bag));

/** Figures of this task: name, description, value. */
export function systemTable(call: Call): RowSource {
  const columns = [PR.DISPLAY_NAME, PR.EC_STATS_SYSTEM_DESCRIPTION, PR.EC_STATS_SYSTEM_VALUE].map(asString8);
  return simpleTable(columns, async () => {
    const figures = await statisticsOf(call);
    return rowsOf(
      figures.map(
        ([name, description, value]) =>
          new Map<number, PropertyValue>([
            [PR.DISPLAY_NAME, name],
            [PR.EC_STATS_SYSTEM_DESCRIPTION, description],
            [PR.EC_STATS_SYSTEM_VALUE, value],
          ]),
      ),
    );
  });
}

/**
 * Sessions of this task. Those of the caller's companies, for who administers them: but none of somebody who may do more than the caller,
 * since who knows a session's number can use it.
 */
export function sessionsTable(call: Call): RowSource {
  const { administers, adminLevel } = call.session.caller;
  const columns = [
    PR.EC_STATS_SESSION_ID,
    PR.EC_STATS_SESSION_GROUP_ID,
    PR.EC_STATS_SESSION_IPADDRESS,
    PR.EC_STATS_SESSION_IDLETIME,
    PR.EC_STATS_SESSION_CAPABILITY,
    PR.EC_STATS_SESSION_LOCKED,
    PR.EC_USERNAME,
    PR.EC_STATS_SESSION_BUSYSTATES,
    PR.EC_STATS_SESSION_PROCSTATES,
    PR.EC_STATS_SESSION_CPU_USER,
    PR.EC_STATS_SESSION_CPU_SYSTEM,
    PR.EC_STATS_SESSION_CPU_REAL,
    PR.EC_STATS_SESSION_CLIENT_VERSION,
    PR.EC_STATS_SESSION_CLIENT_APPLICATION,
    PR.EC_STATS_SESSION_REQUESTS,
    PR.EC_STATS_SESSION_PROXY,
    PR.EC_STATS_SESSION_CLIENT_APPLICATION_VERSION,
    PR.EC_STATS_SESSION_CLIENT_APPLICATION_MISC,
  ].map(asString8);
  return simpleTable(columns, async () =>
    rowsOf(
      call.context.sessions
        .list()
        .filter(
          ({ caller }) =>
            administers === 'all' ||
            (administers.includes(caller.tenant) && !caller.system && caller.adminLevel <= adminLevel),
        )
        .map(
          (session) =>
            new Map<number, PropertyValue>([
              [PR.EC_STATS_SESSION_ID, BigInt.asIntN(64, session.id)],
              [PR.EC_STATS_SESSION_GROUP_ID, BigInt.asIntN(64, session.groupId)],
              [PR.EC_STATS_SESSION_IPADDRESS, session.address],
              [PR.EC_STATS_SESSION_IDLETIME, Math.floor((call.context.store.clock() - session.lastUsed) / 1000)],
              [PR.EC_STATS_SESSION_CAPABILITY, session.capabilities],
              [PR.EC_STATS_SESSION_LOCKED, session === call.session],
              [PR.EC_USERNAME, session.caller.login],
              [PR.EC_STATS_SESSION_BUSYSTATES, []],
              // The call that is being processed.
              [PR.EC_STATS_SESSION_PROCSTATES, session === call.session ? ['P'] : []],
              [PR.EC_STATS_SESSION_CPU_USER, 0],
              [PR.EC_STATS_SESSION_CPU_SYSTEM, 0],
              [PR.EC_STATS_SESSION_CPU_REAL, 0],
              [PR.EC_STATS_SESSION_CLIENT_VERSION, session.clientVersion],
              [PR.EC_STATS_SESSION_CLIENT_APPLICATION, session.client],
              [PR.EC_STATS_SESSION_REQUESTS, session.requests],
              [PR.EC_STATS_SESSION_PROXY, ''],
              [PR.EC_STATS_SESSION_CLIENT_APPLICATION_VERSION, session.clientVersion],
              [PR.EC_STATS_SESSION_CLIENT_APPLICATION_MISC, session.clientMisc],
            ]),
        ),
    ),
  );
}

/** Users, their stores' sizes and quota. */
export function usersTable(call: Call): RowSource {
  const columns = [
    PR.EC_COMPANY_NAME,
    PR.EC_USERNAME,
    PR.DISPLAY_NAME,
    PR.SMTP_ADDRESS,
    PR.EC_NONACTIVE,
    PR.EC_ADMINISTRATOR,
    PR.EC_HOMESERVER_NAME,
    PR.MESSAGE_SIZE_EXTENDED,
    PR.QUOTA_WARNING_THRESHOLD,
    PR.QUOTA_SEND_THRESHOLD,
    PR.QUOTA_RECEIVE_THRESHOLD,
    PR.EC_QUOTA_MAIL_TIME,
    PR.EC_OUTOFOFFICE,
    PR.LAST_LOGON_TIME,
    PR.LAST_LOGOFF_TIME,
  ].map(asString8);
  return simpleTable(columns, async () => {
    const { db, options } = call.context.store;
    const scope = administeredScope(call);
    const users = await listUsersOf(db, scope);
    const stores = await listStores(db, scope);
    const companies = await tenantNames(call.context.store, call.session.caller);
    const bags: PropertyBag[] = [];
    for (const user of users) {
      const store = stores.find((each) => each.kind === 'private' && each.user === user.id);
      const { levels } = await quotaOfUser(db, options, user.tenant, user.id);
      bags.push(
        new Map<number, PropertyValue>([
          ...(companies.has(user.tenant) ? [[PR.EC_COMPANY_NAME, companies.get(user.tenant) ?? ''] as const] : []),
          [PR.EC_USERNAME, user.name],
          [PR.DISPLAY_NAME, user.fullName],
          [PR.SMTP_ADDRESS, user.email],
          [PR.EC_NONACTIVE, user.hidden],
          [PR.EC_ADMINISTRATOR, user.adminLevel],
          [PR.MESSAGE_SIZE_EXTENDED, BigInt(store?.size ?? 0)],
          [PR.QUOTA_WARNING_THRESHOLD, Math.floor(levels.warn / KB)],
          [PR.QUOTA_SEND_THRESHOLD, Math.floor(levels.soft / KB)],
          [PR.QUOTA_RECEIVE_THRESHOLD, Math.floor(levels.hard / KB)],
          [PR.EC_OUTOFOFFICE, store?.properties.get(PR.EC_OUTOFOFFICE) === true],
          ...(store ? logonProperties(store) : []),
        ]),
      );
    }
    if (scope === 'all')
      bags.push(
        new Map<number, PropertyValue>([
          [PR.EC_USERNAME, SYSTEM_USER.lpszUsername ?? ''],
          [PR.DISPLAY_NAME, SYSTEM_USER.lpszFullName ?? ''],
          [PR.SMTP_ADDRESS, SYSTEM_USER.lpszMailAddress ?? ''],
          [PR.EC_NONACTIVE, false],
          [PR.EC_ADMINISTRATOR, SYSTEM_USER.ulIsAdmin],
          [PR.EC_OUTOFOFFICE, false],
        ]),
      );
    return rowsOf(bags);
  });
}

/** Companies and the sizes of all that is theirs. Throws NOT_FOUND on a server with one company. */
export async function companiesTable(call: Call): Promise<RowSource> {
  const { options, db } = call.context.store;
  if (!options.enable_hosted_kopano) throw new PamojaError('NOT_FOUND', 'the server has one company');
  const scope = administeredScope(call);
  const columns = [PR.EC_COMPANY_NAME, PR.DISPLAY_NAME, PR.MESSAGE_SIZE_EXTENDED, PR.QUOTA_WARNING_THRESHOLD];
  return simpleTable(columns.map(asString8), async () => {
    const stores = await listStores(db, scope);
    return rowsOf(
      (await listTenantEntries(db, scope)).map(
        (company) =>
          new Map<number, PropertyValue>([
            [PR.EC_COMPANY_NAME, company.name],
            [PR.DISPLAY_NAME, company.name],
            [
              PR.MESSAGE_SIZE_EXTENDED,
              BigInt(stores.filter(({ tenant }) => tenant === company.tenant).reduce((sum, { size }) => sum + size, 0)),
            ],
          ]),
      ),
    );
  });
}

const SERVER_COLUMNS = [
  PR.EC_STATS_SERVER_NAME,
  PR.EC_STATS_SERVER_HOST,
  PR.EC_STATS_SERVER_HTTPPORT,
  PR.EC_STATS_SERVER_SSLPORT,
  PR.EC_STATS_SERVER_PROXYURL,
  PR.EC_STATS_SERVER_HTTPURL,
  PR.EC_STATS_SERVER_HTTPSURL,
  PR.EC_STATS_SERVER_FILEURL,
].map(asString8);

/** The servers of a cluster, which Pamoja does not have: reading the table fails with NOT_FOUND. */
export function serversTable(): RowSource {
  return {
    ...simpleTable(SERVER_COLUMNS, async () => []),
    async requireReady() {
      throw new PamojaError('NOT_FOUND', 'there are no servers beside this one');
    },
  };
}

/**
 * Stores and users, each with the other where it has one; so that those without are seen (manual 8.2.3). Who administers nobody sees the own
 * stores and the company's public one.
 */
export function userStoresTable(call: Call): RowSource {
  const columns = [
    PR.EC_STORETYPE,
    PR.EC_USERNAME,
    PR.EC_STOREGUID,
    PR.DISPLAY_NAME,
    PR.LAST_MODIFICATION_TIME,
    PR.MESSAGE_SIZE_EXTENDED,
    PR.OBJECT_TYPE,
  ].map(asString8);
  return simpleTable(columns, async () => {
    const { users, stores } = await storesInView(call);
    const bags: PropertyBag[] = [];
    for (const store of stores) {
      const user = users.find(({ id }) => id === store.user);
      const owner = user?.name ?? (isPublic(store) ? (await ownerOf(call, store)).login : undefined);
      bags.push(
        new Map<number, PropertyValue>([
          [PR.EC_STORETYPE, ['private', 'public', 'archive'].indexOf(store.kind)],
          ...(owner ? [[PR.EC_USERNAME, owner] as const] : []),
          [PR.EC_STOREGUID, store.guid],
          [PR.DISPLAY_NAME, owner ?? store.formerLogin],
          [PR.MESSAGE_SIZE_EXTENDED, BigInt(store.size)],
          [PR.OBJECT_TYPE, user ? OBJECT_CLASS.user : 0],
        ]),
      );
    }
    for (const user of users.filter(({ id }) => !stores.some((store) => store.user === id)))
      bags.push(
        new Map<number, PropertyValue>([
          [PR.EC_STORETYPE, 0],
          [PR.EC_USERNAME, user.name],
          [PR.DISPLAY_NAME, user.name],
          [PR.OBJECT_TYPE, OBJECT_CLASS.user],
        ]),
      );
    return rowsOf(bags);
  });
}

async function storesInView({ context, session }: Call): Promise<{ users: DirectoryEntry[]; stores: ListedStore[] }> {
  const { db } = context.store;
  const { administers, tenant, user } = session.caller;
  if (administers === 'all' || administers.length > 0)
    return { users: await listUsersOf(db, administers), stores: await listStores(db, administers) };
  const own = await findUser(db, [tenant], { id: user });
  const stores = await listStores(db, [tenant]);
  return { users: [own], stores: stores.filter((store) => store.user === user || isPublic(store)) };
}

/** All mailboxes of the tenants that the caller administers. */
export function mailboxTable(call: Call): RowSource {
  const columns = [
    PR.ENTRYID,
    PR.MAILBOX_OWNER_ENTRYID,
    PR.EC_STORETYPE,
    PR.STORE_RECORD_KEY,
    PR.DISPLAY_NAME,
    PR.LAST_MODIFICATION_TIME,
    PR.MESSAGE_SIZE_EXTENDED,
    PR.MAILBOX_OWNER_NAME,
  ];
  return simpleTable(columns, async () => {
    const { db } = call.context.store;
    const scope = administeredScope(call);
    const users = await listUsersOf(db, scope);
    const bags: PropertyBag[] = [];
    for (const store of (await listStores(db, scope)).reverse()) {
      const user = users.find(({ id }) => id === store.user);
      const owner = user
        ? { id: addressBookEntryId(user), name: user.fullName }
        : isPublic(store)
          ? await publicOwner(call, store)
          : undefined;
      bags.push(
        new Map<number, PropertyValue>([
          ...(owner
            ? [[PR.MAILBOX_OWNER_ENTRYID, owner.id] as const, [PR.MAILBOX_OWNER_NAME, owner.name] as const]
            : []),
          [PR.ENTRYID, storeEntryId(store)],
          [PR.EC_STORETYPE, ['private', 'public', 'archive'].indexOf(store.kind)],
          [PR.MESSAGE_SIZE, Math.min(store.size, MAX_LONG)],
          [PR.STORE_RECORD_KEY, store.guid],
          [PR.DISPLAY_NAME, await readStoreName(call, { ...store, user: user ? store.user : null })],
          [PR.LAST_MODIFICATION_TIME, fileTime(store.modifiedAt)],
          [PR.OBJECT_TYPE, OBJECT.STORE],
          [PR.EC_HIERARCHYID, store.store],
        ]),
      );
    }
    if (scope === 'all')
      bags.push(
        new Map<number, PropertyValue>([
          [PR.ENTRYID, adminStore(call.context).sStoreId],
          [PR.MAILBOX_OWNER_ENTRYID, SYSTEM_ENTRY_ID],
          [PR.MESSAGE_SIZE, 0],
          [PR.MAILBOX_OWNER_NAME, SYSTEM_USER.lpszFullName ?? ''],
          [PR.EC_STORETYPE, 0],
          [PR.STORE_RECORD_KEY, call.context.adminStoreGuid],
          [PR.DISPLAY_NAME, `Inbox - ${SYSTEM_USER.lpszFullName}`],
          [PR.OBJECT_TYPE, OBJECT.STORE],
          [PR.EC_HIERARCHYID, 0],
        ]),
      );
    return rowsOf(bags);
  });
}

/** Companies that the caller administers. Throws NO_ACCESS where there is none. */
function administeredScope({ session }: Call) {
  const { administers } = session.caller;
  if (administers !== 'all' && administers.length === 0) throw new PamojaError('NO_ACCESS', 'you are no administrator');
  return administers;
}

async function publicOwner(call: Call, store: ListedStore): Promise<{ id: Buffer; name: string }> {
  const { sUserId, name } = await ownerOf(call, store);
  return { id: sUserId, name };
}

/** A public store belongs to all users of its tenant until it is unhooked. */
const isPublic = ({ kind, formerLogin }: ListedStore): boolean => kind === 'public' && formerLogin === '';
