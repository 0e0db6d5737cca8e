import { requireMayGrant } from '../../../shared/access/may-administer.ts';
import {
  addressBookEntryId,
  addressBookId,
  requestedId,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
} from '../../../shared/address-book/address-book-ids.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { findUser, listGroupsOf, listUsersOf, type UserEntry } from '../../../shared/directory/entries/entries.ts';
import { deleteGroup } from '../../../shared/directory/entries/groups.ts';
import { addSendAs, listSendAs, removeSendAs } from '../../../shared/directory/entries/send-as.ts';
import {
  createUser,
  deleteUser,
  type NewUser,
  type UserChange,
  updateUser,
} from '../../../shared/directory/entries/users.ts';
import { newPassword } from '../../../shared/directory/login/passwords.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { asString8 } from '../../../shared/mapi/property-bag.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { User } from '../../../shared/protocol/soap/interface.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';
import {
  administratorOf,
  requireAdministers,
  requireAdministersSystem,
  requireAdministersUser,
} from '../administrators.ts';
import { requestedTenant, requestedUser } from '../requested-entries.ts';
import { OBJECT_CLASS, SYSTEM_USER, wireUser } from '../wire-entries.ts';
import type { Call, Operations } from './operation.ts';

/** Fields that a client leaves unchanged. */
const UNCHANGED = 0xffffffff;

const typeOf = (objectClass: number): NewUser['type'] =>
  objectClass === OBJECT_CLASS.room ? 'room' : objectClass === OBJECT_CLASS.equipment ? 'equipment' : 'user';

/** Everybody may look at themselves, and at those of the companies that they see. */
export const userOperations: Operations<
  | 'createUser'
  | 'setUser'
  | 'deleteUser'
  | 'getUser'
  | 'getUserList'
  | 'resolveUsername'
  | 'getSendAsList'
  | 'addSendAsUser'
  | 'delSendAsUser'
  | 'removeAllObjects'
  | 'syncUsers'
  | 'getUserClientUpdateStatus'
> = {
  async createUser(call, { lpsUser }) {
    const user = requireUser(lpsUser);
    const login = user.lpszUsername ?? '';
    const tenant = await tenantOfLogin(call, login);
    requireAdministers(call, tenant);
    const adminLevel = user.ulIsAdmin === UNCHANGED ? 0 : user.ulIsAdmin;
    requireMayGrant(administratorOf(call), tenant, adminLevel);
    const { store } = call.context;
    await createUser(store, tenant, {
      login,
      password: user.lpszPassword ?? '',
      email: user.lpszMailAddress ?? '',
      fullName: user.lpszFullName || login,
      type: typeOf(user.ulObjClass),
      active:
        user.ulObjClass !== OBJECT_CLASS.nonactive && user.ulIsNonActive !== 1 && typeOf(user.ulObjClass) === 'user',
      hidden: user.ulIsABHidden === 1,
      adminLevel,
    });
    const created = await findUser(store.db, [tenant], { name: login });
    call.context.log.info({ audit: true }, `user created user='${login}' by='${call.session.caller.login}'`);
    return { ulUserId: addressBookId(created), sUserId: addressBookEntryId(created), er: 0 };
  },

  async setUser(call, { lpsUser }) {
    const sent = requireUser(lpsUser);
    const user = await requestedUser(call, sent.ulUserId, sent.sUserId);
    const { caller } = call.session;
    const self = user.id === caller.user && user.tenant === caller.tenant;
    if (!self) requireAdministers(call, user.tenant);
    const change = await changeOf(call, user, sent, self);
    await inTransaction(call.context.store.db, async (tx) => {
      if (!self) await requireAdministersUser(call, tx, user);
      await updateUser(tx, call.context.store, user.tenant, user.name, change);
    });
    return { result: 0 };
  },

  async deleteUser(call, { ulUserId, sUserId }) {
    const user = await requestedUser(call, ulUserId, sUserId);
    await inTransaction(call.context.store.db, async (tx) => {
      await requireAdministersUser(call, tx, user);
      await deleteUser(tx, user.tenant, user.name);
    });
    return { result: 0 };
  },

  async getUser(call, { ulUserId, sUserId }) {
    const { caller } = call.session;
    const number = requestedId(ulUserId, sUserId);
    if (number === SYSTEM_ID || (number === 0 && caller.system)) return { lpsUser: SYSTEM_USER, er: 0 };
    const user =
      number === 0
        ? await findUser(call.context.store.db, [caller.tenant], { id: caller.user })
        : await requestedUser(call, number, sUserId);
    return { lpsUser: wireUser(call, user), er: 0 };
  },

  async getUserList(call, { ulCompanyId, sCompanyId }) {
    const tenant = await requestedTenant(call, ulCompanyId, sCompanyId);
    const users = await listUsersOf(call.context.store.db, [tenant]);
    const system = call.context.store.options.enable_hosted_kopano ? [] : [SYSTEM_USER];
    const sees = call.session.caller.administers === 'all' || call.session.caller.administers.includes(tenant);
    return {
      sUserArray: [...system, ...users.filter(({ hidden }) => sees || !hidden).map((user) => wireUser(call, user))],
      er: 0,
    };
  },

  async resolveUsername(call, { lpszUsername }) {
    if (lpszUsername === 'SYSTEM') return { ulUserId: SYSTEM_ID, sUserId: SYSTEM_ENTRY_ID, er: 0 };
    const user = await findUser(call.context.store.db, call.session.caller.scope, { name: lpszUsername ?? '' });
    return { ulUserId: addressBookId(user), sUserId: addressBookEntryId(user), er: 0 };
  },

  async getSendAsList(call, { ulUserId, sUserId }) {
    const user = await requestedUser(call, ulUserId, sUserId);
    const logins = await listSendAs(call.context.store.db, user.tenant, user.name);
    const sUserArray: User[] = [];
    for (const name of logins)
      sUserArray.push(wireUser(call, await findUser(call.context.store.db, [user.tenant], { name })));
    return { sUserArray, er: 0 };
  },

  async addSendAsUser(call, { ulUserId, sUserId, ulSenderId, sSenderId }) {
    const [user, sender] = await delegates(call, ulUserId, sUserId, ulSenderId, sSenderId);
    await inTransaction(call.context.store.db, async (tx) => {
      await requireAdministersUser(call, tx, user);
      await addSendAs(tx, user.tenant, user.name, sender.name);
    });
    return { result: 0 };
  },

  async delSendAsUser(call, { ulUserId, sUserId, ulSenderId, sSenderId }) {
    const [user, sender] = await delegates(call, ulUserId, sUserId, ulSenderId, sSenderId);
    await inTransaction(call.context.store.db, async (tx) => {
      await requireAdministersUser(call, tx, user);
      await removeSendAs(tx, user.tenant, user.name, sender.name);
    });
    return { result: 0 };
  },

  /** Deletes all users but one, and all groups; their stores stay as orphans. A server that hosts companies empties none at a word. */
  async removeAllObjects(call, { sExceptUserId }) {
    requireAdministersSystem(call);
    const { db, options } = call.context.store;
    if (options.enable_hosted_kopano) throw new PamojaError('NO_SUPPORT', 'users are deleted one by one');
    const kept = await requestedUser(call, 0, sExceptUserId);
    for (const user of await listUsersOf(db, 'all'))
      if (user.id !== kept.id) await inTransaction(db, (tx) => deleteUser(tx, user.tenant, user.name));
    for (const group of await listGroupsOf(db, 'all'))
      await inTransaction(db, (tx) => deleteGroup(tx, group.tenant, group.name));
    return { result: 0 };
  },

  /** The directory is in the database, so there is no other source to synchronise with. */
  async syncUsers(call, { ulCompanyId, sCompanyId }) {
    const { administers } = call.session.caller;
    if (administers !== 'all') requireAdministers(call, await requestedTenant(call, ulCompanyId, sCompanyId));
    return { result: 0 };
  },

  async getUserClientUpdateStatus(call, { sUserId }) {
    const user = await requestedUser(call, 0, sUserId);
    requireAdministers(call, user.tenant);
    throw new PamojaError('NO_SUPPORT', 'clients are not updated from here');
  },
};

function requireUser(user: User | undefined): User {
  if (!user) throw new PamojaError('INVALID_PARAMETER', 'no user was given');
  return user;
}

/** With companies a login is in the domain of one; the caller's own, where it names none. */
async function tenantOfLogin(call: Call, login: string): Promise<TenantId> {
  const domain = login.split('@')[1];
  const { caller } = call.session;
  if (domain !== undefined && call.context.store.options.enable_hosted_kopano) {
    const tenant = await call.context.tenantOfDomain(domain);
    // A company that the caller does not see is no different from one that is not there.
    if (tenant !== undefined && (caller.scope === 'all' || caller.scope.includes(tenant))) return tenant;
  }
  if (caller.tenant === 0) throw new PamojaError('NOT_FOUND', 'the login names no company');
  return caller.tenant;
}

/** How long after a logon with the password a session may set a new one. */
const FRESH_PASSWORD_MS = 300_000;

/**
 * The protocol has no place for the old password. Who changes their own has just logged on with it, as WebApp does for every request; a session
 * that somebody found open, or that was opened without a password, is not enough.
 */
function requireFreshPassword({ context, session }: Call): void {
  const { passwordAt } = session;
  if (session.caller.system) return;
  if (passwordAt === undefined || context.store.clock() - passwordAt > FRESH_PASSWORD_MS)
    throw new PamojaError('NO_ACCESS', 'log on with your password before you change it');
}

async function changeOf(call: Call, user: UserEntry, sent: User, self: boolean): Promise<UserChange> {
  const change: UserChange = {};
  if (self && sent.lpszPassword) requireFreshPassword(call);
  if (sent.lpszPassword) change.password = await newPassword(call.context.store.options, sent.lpszPassword);
  const admin = call.session.caller.administers;
  if (admin !== 'all' && !admin.includes(user.tenant)) {
    // Users may change only the password of their own entry.
    if (!self || !sent.lpszPassword) throw new PamojaError('NO_ACCESS', 'you are no administrator');
    return change;
  }
  if (sent.lpszUsername && sent.lpszUsername !== user.name) change.login = sent.lpszUsername;
  if (sent.lpszMailAddress) change.email = sent.lpszMailAddress;
  if (sent.lpszFullName) change.fullName = sent.lpszFullName;
  if (sent.ulIsAdmin !== UNCHANGED && sent.ulIsAdmin !== user.adminLevel) {
    requireMayGrant(administratorOf(call), user.tenant, sent.ulIsAdmin);
    change.adminLevel = sent.ulIsAdmin;
  }
  if (sent.ulIsABHidden !== UNCHANGED) change.hidden = sent.ulIsABHidden === 1;
  if (sent.ulObjClass !== UNCHANGED && sent.ulObjClass !== 0) {
    change.type = typeOf(sent.ulObjClass) ?? 'user';
    change.active = sent.ulObjClass === OBJECT_CLASS.user;
  }
  const values = (id: number) => sent.lpsMVPropmap?.find(({ ulPropId }) => ulPropId === id)?.sValues;
  const on = values(asString8(PR.EC_ENABLED_FEATURES));
  const off = values(asString8(PR.EC_DISABLED_FEATURES));
  if (on) change.featuresOn = on;
  if (off) change.featuresOff = off;
  return change;
}

async function delegates(
  call: Call,
  user: number,
  userId: Buffer | undefined,
  sender: number,
  senderId: Buffer | undefined,
): Promise<[UserEntry, UserEntry]> {
  const [owner, delegate] = [await requestedUser(call, user, userId), await requestedUser(call, sender, senderId)];
  requireAdministers(call, owner.tenant);
  if (owner.tenant !== delegate.tenant) throw new PamojaError('NOT_FOUND', 'no such user in the company');
  return [owner, delegate];
}
