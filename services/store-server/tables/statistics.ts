import {
  type DirectoryEntry,
  findUser,
  listCompanies,
  listUsersOf,
  quotaOfUser,
} from '../../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { OBJECT, type PropertyBag, type PropertyValue } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { fileTime, logonProperties } from '../../../shared/store/messages/mapi-properties.ts';
import { type ListedStore, listStores } from '../../../shared/store/stores/stores.ts';
import { storeEntryId } from '../access.ts';
import { companyNames } from '../address-book.ts';
import { personEntryId, SYSTEM_ENTRY_ID, SYSTEM_ID, wireId } from '../address-ids.ts';
import { adminStore } from '../admin-store.ts';
import type { Call } from '../operations/operation.ts';
import { ownerOf, storeName } from '../operations/stores.ts';
import { OBJECT_CLASS, SYSTEM_USER } from '../people.ts';
import { statisticsOf } from '../statistics.ts';
import { bagRow, simpleTable } from './bag-row.ts';
import type { RowSource } from './row-source.ts';

const key = (text: string | number): Buffer => Buffer.from(String(text));
const KB = 1024;
const MAX_LONG = 0x7fffffff;

const rowsOf = (bags: readonly PropertyBag[]) => bags.map((bag, i) => bagRow(key(i), bag));

/** Figures of this task of the server: name, what it says, value. */
export function systemTable(call: Call): RowSource {
  return simpleTable([0x3001001e, 0x6740001e, 0x6741001e], async () => {
    const figures = await statisticsOf(call);
    return rowsOf(
      figures.map(
        ([name, description, value]) =>
          new Map<number, PropertyValue>([
            [0x3001001f, name],
            [0x6740001f, description],
            [0x6741001f, value],
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
    0x67420014, 0x674d0014, 0x6743001e, 0x67440003, 0x67450003, 0x6746000b, 0x6701001e, 0x6747101e, 0x6749101e,
    0x674a0005, 0x674b0005, 0x674c0005, 0x674f001e, 0x6750001e, 0x67510003, 0x6753001e, 0x6754001e, 0x6755001e,
  ];
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
              [0x67420014, BigInt.asIntN(64, session.id)],
              [0x674d0014, BigInt.asIntN(64, session.groupId)],
              [0x6743001f, session.address],
              [0x67440003, Math.floor((call.context.store.clock() - session.lastUsed) / 1000)],
              [0x67450003, session.capabilities],
              [0x6746000b, session === call.session],
              [0x6701001f, session.caller.login],
              [0x6747101f, []],
              // One call, which is being processed.
              [0x6749101f, session === call.session ? ['P'] : []],
              [0x674a0005, 0],
              [0x674b0005, 0],
              [0x674c0005, 0],
              [0x674f001f, session.clientVersion],
              [0x6750001f, session.client],
              [0x67510003, session.requests],
              [0x6753001f, ''],
              [0x6754001f, session.clientVersion],
              [0x6755001f, session.clientMisc],
            ]),
        ),
    ),
  );
}

/** Users, their stores' sizes and quota. */
export function usersTable(call: Call): RowSource {
  const columns = [
    0x6748001e, 0x6701001e, 0x3001001e, 0x39fe001e, 0x67b0000b, 0x67b10003, 0x67c1001e, 0x0e080014, 0x67210003,
    0x67220003, 0x67230003, 0x67200040, 0x6760000b, 0x66a20040, 0x66a30040,
  ];
  return simpleTable(columns, async () => {
    const { db, options } = call.context.store;
    const scope = administeredScope(call);
    const users = await listUsersOf(db, scope);
    const stores = await listStores(db, scope);
    const companies = await companyNames(call);
    const bags: PropertyBag[] = [];
    for (const user of users) {
      const store = stores.find((each) => each.kind === 'private' && each.user === user.id);
      const { levels } = await quotaOfUser(db, options, user.tenant, user.id);
      bags.push(
        new Map<number, PropertyValue>([
          ...(companies.has(user.tenant) ? [[0x6748001f, companies.get(user.tenant) ?? ''] as const] : []),
          [0x6701001f, user.name],
          [0x3001001f, user.fullName],
          [0x39fe001f, user.email],
          [0x67b0000b, user.hidden],
          [0x67b10003, user.adminLevel],
          [0x0e080014, BigInt(store?.size ?? 0)],
          [0x67210003, Math.floor(levels.warn / KB)],
          [0x67220003, Math.floor(levels.soft / KB)],
          [0x67230003, Math.floor(levels.hard / KB)],
          [0x6760000b, store?.properties.get(0x6760000b) === true],
          ...(store ? logonProperties(store) : []),
        ]),
      );
    }
    if (scope === 'all')
      bags.push(
        new Map<number, PropertyValue>([
          [0x6701001f, SYSTEM_USER.lpszUsername ?? ''],
          [0x3001001f, SYSTEM_USER.lpszFullName ?? ''],
          [0x39fe001f, SYSTEM_USER.lpszMailAddress ?? ''],
          [0x67b0000b, false],
          [0x67b10003, SYSTEM_USER.ulIsAdmin],
          [0x6760000b, false],
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
  return simpleTable([0x6748001e, 0x3001001e, 0x0e080014, 0x67210003], async () => {
    const stores = await listStores(db, scope);
    return rowsOf(
      (await listCompanies(db, scope)).map(
        (company) =>
          new Map<number, PropertyValue>([
            [0x6748001f, company.name],
            [0x3001001f, company.name],
            [
              0x0e080014,
              BigInt(stores.filter(({ tenant }) => tenant === company.tenant).reduce((sum, { size }) => sum + size, 0)),
            ],
          ]),
      ),
    );
  });
}

/** Servers of a cluster, of which none is known here: whoever asks for more than the table is told so. */
export function serversTable(): RowSource {
  return {
    ...simpleTable([0x67400003, 0x6741001e, 0x6742001e, 0x6743001e], async () => []),
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
    0x67140003,
    0x6701001e,
    0x67120102,
    0x3001001e,
    PR.LAST_MODIFICATION_TIME,
    0x0e080014,
    PR.OBJECT_TYPE,
  ];
  return simpleTable(columns, async () => {
    const { users, stores } = await storesInView(call);
    const bags: PropertyBag[] = [];
    for (const store of stores) {
      const user = users.find(({ id }) => id === store.user);
      const owner = user?.name ?? (isPublic(store) ? (await ownerOf(call, store)).login : undefined);
      bags.push(
        new Map<number, PropertyValue>([
          [0x67140003, ['private', 'public', 'archive'].indexOf(store.kind)],
          ...(owner ? [[0x6701001f, owner] as const] : []),
          [0x67120102, store.guid],
          [0x3001001f, owner ?? store.formerLogin],
          [0x0e080014, BigInt(store.size)],
          [PR.OBJECT_TYPE, user ? OBJECT_CLASS.user : 0],
        ]),
      );
    }
    for (const user of users.filter(({ id }) => !stores.some((store) => store.user === id)))
      bags.push(
        new Map<number, PropertyValue>([
          [0x67140003, 0],
          [0x6701001f, user.name],
          [0x3001001f, user.name],
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

/** All mailboxes, for who administers them. */
export function mailboxTable(call: Call): RowSource {
  const columns = [
    PR.ENTRYID,
    0x661b0102,
    0x67140003,
    PR.STORE_RECORD_KEY,
    PR.DISPLAY_NAME,
    PR.LAST_MODIFICATION_TIME,
    0x0e080014,
    0x661c001f,
  ];
  return simpleTable(columns, async () => {
    const { db } = call.context.store;
    const scope = administeredScope(call);
    const users = await listUsersOf(db, scope);
    const bags: PropertyBag[] = [];
    for (const store of (await listStores(db, scope)).reverse()) {
      const user = users.find(({ id }) => id === store.user);
      const owner = user
        ? { id: personEntryId(user), name: user.fullName }
        : isPublic(store)
          ? await publicOwner(call, store)
          : undefined;
      bags.push(
        new Map<number, PropertyValue>([
          ...(owner ? [[0x661b0102, owner.id] as const, [0x661c001f, owner.name] as const] : []),
          [PR.ENTRYID, storeEntryId(store)],
          [0x67140003, ['private', 'public', 'archive'].indexOf(store.kind)],
          [PR.MESSAGE_SIZE, Math.min(store.size, MAX_LONG)],
          [PR.STORE_RECORD_KEY, store.guid],
          [PR.DISPLAY_NAME, await storeName(call, { ...store, user: user ? store.user : null })],
          [PR.LAST_MODIFICATION_TIME, fileTime(store.modifiedAt)],
          [PR.OBJECT_TYPE, OBJECT.STORE],
          [PR.HIERARCHYID, store.store],
          [0x67170003, user ? wireId(user) : 0],
        ]),
      );
    }
    if (scope === 'all')
      bags.push(
        new Map<number, PropertyValue>([
          [PR.ENTRYID, adminStore(call.context).sStoreId],
          [0x661b0102, SYSTEM_ENTRY_ID],
          [PR.MESSAGE_SIZE, 0],
          [0x661c001f, SYSTEM_USER.lpszFullName ?? ''],
          [0x67140003, 0],
          [PR.STORE_RECORD_KEY, call.context.adminStoreGuid],
          [PR.DISPLAY_NAME, `Inbox - ${SYSTEM_USER.lpszFullName}`],
          [PR.OBJECT_TYPE, OBJECT.STORE],
          [PR.HIERARCHYID, 0],
          [0x67170003, SYSTEM_ID],
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

/** A public store is everyone's until it is unhooked. */
const isPublic = ({ kind, formerLogin }: ListedStore): boolean => kind === 'public' && formerLogin === '';
