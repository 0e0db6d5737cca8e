import { locate } from '../../../shared/access/locate.ts';
import { findStore } from '../../../shared/access/store-rights.ts';
import {
  addressBookEntryId,
  addressBookId,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  requestedId,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
} from '../../../shared/address-book/address-book-ids.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { type CompanyEntry, findTenantEntry, findUser } from '../../../shared/directory/entries/entries.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { UserId } from '../../../shared/store/engine/ids.ts';
import { folderEntryId, storeEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { type FolderInStore, rootOfStore } from '../../../shared/store/messages/entry-id-lookup.ts';
import { type MapiStore, publicStoreOf, storeByGuid, storeOfUser } from '../../../shared/store/stores/stores.ts';
import { giveStore, leaveStore, makeStore, markStoreRemoved } from '../../../shared/store/trees/store-ownership.ts';
import { adminStore, isAdminStore } from '../admin-store.ts';
import { requireAdministers, requireAdministersUser } from '../administrators.ts';
import { requestedCompany, requestedUser } from '../requested-entries.ts';
import { SERVER_PATH } from '../server-identity.ts';
import type { Call, Operations } from './operation.ts';

/** Types of stores (ECSTORE_TYPE). */
const STORE_TYPE = { PRIVATE: 0, PUBLIC: 1, ARCHIVE: 2 } as const;
const KINDS = ['private', 'public', 'archive'] as const;

function described({ store, folder: root }: FolderInStore) {
  return {
    er: 0,
    sStoreId: storeEntryId(store),
    sRootId: folderEntryId(store, root),
    guid: store.guid,
    lpszServerPath: SERVER_PATH,
  };
}

/** Whether a company has private and archive stores for a user. */
async function storeForUser(call: Call, tenant: MapiStore['tenant'], user: UserId, mask: number): Promise<MapiStore> {
  const { db } = call.context.store;
  for (const [i, kind] of KINDS.entries()) {
    if ((mask & (1 << i)) === 0) continue;
    const store = kind === 'public' ? undefined : await storeOfUser(db, tenant, user, kind);
    if (store) return store;
  }
  throw new PamojaError('NOT_FOUND', 'the user has no such store');
}

export const storeOperations: Operations<
  | 'getStore'
  | 'getStoreName'
  | 'getStoreType'
  | 'getPublicStore'
  | 'resolveStore'
  | 'resolveUserStore'
  | 'createStore'
  | 'removeStore'
  | 'hookStore'
  | 'unhookStore'
  | 'getOwner'
> = {
  async getStore(call, { lpsEntryId }) {
    const { context, session } = call;
    if (lpsEntryId && lpsEntryId.length > 0) {
      if (isAdminStore(context, lpsEntryId)) return adminStore(context);
      return described(
        await rootOfStore(context.store.db, session.caller.scope, { guid: decodeEntryId(lpsEntryId).store }),
      );
    }
    if (session.caller.system) return adminStore(context);
    const { tenant, user } = session.caller;
    return described(await rootOfStore(context.store.db, [tenant], { user }));
  },

  async getStoreName(call, { sEntryId }) {
    if (isAdminStore(call.context, sEntryId)) return { lpszStoreName: 'Inbox - SYSTEM', er: 0 };
    const { store } = await locate(call.context.store, call.session.caller, sEntryId);
    return { lpszStoreName: await readStoreName(call, store), er: 0 };
  },

  async getStoreType(call, { sEntryId }) {
    if (isAdminStore(call.context, sEntryId)) return { ulStoreType: STORE_TYPE.PRIVATE, er: 0 };
    const { store } = await locate(call.context.store, call.session.caller, sEntryId);
    return { ulStoreType: KINDS.indexOf(store.kind), er: 0 };
  },

  async getPublicStore(call) {
    return described(await rootOfStore(call.context.store.db, [call.session.caller.tenant], 'public'));
  },

  async resolveStore(call, { sStoreGuid }) {
    const store = await findStore(call.context.store, call.session.caller, sStoreGuid ?? Buffer.alloc(0));
    return {
      ...(await ownerOf(call, store)),
      sStoreId: storeEntryId(store),
      guid: store.guid,
      er: 0,
      lpszServerPath: SERVER_PATH,
    };
  },

  async resolveUserStore(call, { szUserName, ulStoreTypeMask }) {
    const { context, session } = call;
    if (szUserName === 'SYSTEM' && session.caller.system) {
      const { sStoreId, guid } = adminStore(context);
      return { ulUserId: SYSTEM_ID, sUserId: SYSTEM_ENTRY_ID, sStoreId, guid, er: 0, lpszServerPath: SERVER_PATH };
    }
    const { scope } = session.caller;
    const name = szUserName ?? '';
    const mask = ulStoreTypeMask === 0 ? 1 : ulStoreTypeMask;
    const user = await unlessMissing(findUser(context.store.db, scope, { name }));
    // The public store of a company is found by the company's name.
    const company =
      user || (mask & (1 << STORE_TYPE.PUBLIC)) === 0 || !context.store.options.enable_hosted_kopano
        ? undefined
        : await unlessMissing(findTenantEntry(context.store.db, scope, { name }));
    const owner = user ?? company;
    if (!owner) throw new PamojaError('NOT_FOUND', 'no such user');
    const store = user
      ? await storeForUser(call, user.tenant, user.id, mask)
      : await publicStoreOf(context.store.db, owner.tenant);
    if (!store) throw new PamojaError('NOT_FOUND', 'the company has no public store');
    return {
      ulUserId: addressBookId(owner),
      sUserId: addressBookEntryId(owner),
      sStoreId: storeEntryId(store),
      guid: store.guid,
      er: 0,
      lpszServerPath: SERVER_PATH,
    };
  },

  async createStore(call, { ulStoreType, ulUserId, sUserId, sStoreId, sRootId }) {
    const kind = KINDS[ulStoreType];
    if (!kind) throw new PamojaError('INVALID_PARAMETER', 'unknown type of store');
    const { store: context } = call.context;
    const wire = requestedId(ulUserId, sUserId);
    const store = sStoreId && sStoreId.length > 0 ? decodeEntryId(sStoreId) : undefined;
    const root = sRootId && sRootId.length > 0 ? decodeEntryId(sRootId) : undefined;
    const ids = { guid: store?.store, recordGuid: store?.guid, rootGuid: root?.guid };
    if (kind === 'public') {
      const tenant =
        wire === EVERYONE_ID ? call.session.caller.tenant : (await requestedCompany(call, ulUserId, sUserId)).tenant;
      requireAdministers(call, tenant);
      await inTransaction(context.db, (tx) => makeStore(tx, context, { tenant, user: null, kind }, ids));
      return { result: 0 };
    }
    const user = await requestedUser(call, ulUserId, sUserId);
    await inTransaction(context.db, async (tx) => {
      await requireAdministersUser(call, tx, user);
      await makeStore(tx, context, { tenant: user.tenant, user: user.id, kind }, ids);
    });
    return { result: 0 };
  },

  async removeStore(call, { sStoreGuid }) {
    const store = await storeByGuid(
      call.context.store.db,
      call.session.caller.administers,
      sStoreGuid ?? Buffer.alloc(0),
    );
    if (store.user !== null) throw new PamojaError('COLLISION', 'the store has a user');
    await markStoreRemoved(call.context.store, store);
    return { result: 0 };
  },

  async hookStore(call, { ulStoreType, sUserId, sStoreGuid }) {
    const kind = KINDS[ulStoreType];
    if (!kind) throw new PamojaError('INVALID_PARAMETER', 'unknown type of store');
    const { store: context } = call.context;
    const owner = kind === 'public' ? await requestedCompany(call, 0, sUserId) : await requestedUser(call, 0, sUserId);
    await inTransaction(context.db, async (tx) => {
      if (owner.kind === 'user') await requireAdministersUser(call, tx, owner);
      else requireAdministers(call, owner.tenant);
      const store = await storeByGuid(tx, [owner.tenant], sStoreGuid ?? Buffer.alloc(0));
      await giveStore(tx, store, { user: owner.kind === 'user' ? owner.id : null, kind, name: owner.name });
    });
    return { result: 0 };
  },

  async unhookStore(call, { ulStoreType, sUserId }) {
    const wire = requestedId(0, sUserId);
    const kind = KINDS[ulStoreType];
    if (!kind) throw new PamojaError('INVALID_PARAMETER', 'unknown type of store');
    const { db } = call.context.store;
    if (kind === 'public') {
      const tenant =
        wire === EVERYONE_ID ? call.session.caller.tenant : (await requestedCompany(call, 0, sUserId)).tenant;
      requireAdministers(call, tenant);
      await inTransaction(db, async (tx) => {
        const store = await publicStoreOf(tx, tenant);
        if (!store) throw new PamojaError('NOT_FOUND', 'there is no public store');
        await leaveStore(tx, store, 'public');
      });
      return { result: 0 };
    }
    const user = await requestedUser(call, 0, sUserId);
    await inTransaction(db, async (tx) => {
      await requireAdministersUser(call, tx, user);
      const store = await storeOfUser(tx, user.tenant, user.id, kind);
      if (!store) throw new PamojaError('NOT_FOUND', 'the user has no such store');
      await leaveStore(tx, store, user.name);
    });
    return { result: 0 };
  },

  async getOwner(call, { sEntryId }) {
    if (isAdminStore(call.context, sEntryId)) return { ulOwner: SYSTEM_ID, sOwner: SYSTEM_ENTRY_ID, er: 0 };
    const { store } = await locate(call.context.store, call.session.caller, sEntryId);
    const { ulUserId, sUserId } = await ownerOf(call, store);
    return { ulOwner: ulUserId, sOwner: sUserId, er: 0 };
  },
};

/** Undefined where the object does not exist. */
async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Whose a store is: a public one is the company's, on a server with one company Everyone's. */
export async function ownerOf(
  { context }: Call,
  store: MapiStore,
): Promise<{ ulUserId: number; sUserId: Buffer; name: string; login: string }> {
  if (store.user === null) {
    if (store.kind === 'public' && context.store.options.enable_hosted_kopano)
      return ownerOfCompany(await findTenantEntry(context.store.db, [store.tenant], { id: store.tenant }));
    return { ulUserId: EVERYONE_ID, sUserId: EVERYONE_ENTRY_ID, name: 'Everyone', login: 'Everyone' };
  }
  const user = await findUser(context.store.db, [store.tenant], { id: store.user });
  return { ulUserId: addressBookId(user), sUserId: addressBookEntryId(user), name: user.fullName, login: user.name };
}

const ownerOfCompany = (company: CompanyEntry) => ({
  ulUserId: addressBookId(company),
  sUserId: addressBookEntryId(company),
  name: company.name,
  login: company.name,
});

type Owner = Awaited<ReturnType<typeof ownerOf>>;

export async function readStoreName(call: Call, store: MapiStore): Promise<string> {
  return storeNameOf(call, store, await ownerOf(call, store));
}

export function storeNameOf(call: Call, store: MapiStore, { name, login }: Owner): string {
  if (store.kind === 'public') return 'Public Folders';
  if (store.user === null) return 'Inbox for a removed user';
  const shown = call.context.store.options.storename_format
    .replaceAll('%u', login)
    .replaceAll('%f', name)
    .replaceAll('%c', '');
  return `${store.kind === 'archive' ? 'Archive' : 'Inbox'} - ${shown}`;
}
