import { type Administrator, requireMayAdminister } from '../../shared/access/may-administer.ts';
import type { Database } from '../../shared/database/database.ts';
import {
  type CompanyEntry,
  type DirectoryEntry,
  findCompany,
  findGroup,
  findUser,
  type GroupEntry,
  type UserEntry,
} from '../../shared/directory/entries/entries.ts';
import { userFeatures } from '../../shared/directory/entries/features.ts';
import { decodeAddressBookId } from '../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { asString8 } from '../../shared/mapi/property-bag.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Company, Group, User } from '../../shared/protocol/soap/interface.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import {
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  fromWireId,
  idOf,
  personEntryId,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
  wireId,
} from './address-ids.ts';
import type { Call } from './operations/operation.ts';
import { SERVER_NAME } from './server-name.ts';

/** Classes of users (objectclass_t): a class in the upper half, its type in the lower. */
const OBJECT_CLASS = {
  user: 0x10001,
  nonactive: 0x10002,
  room: 0x10003,
  equipment: 0x10004,
  contact: 0x10005,
} as const;

/** Somebody of whatever kind by number or entry id, within the companies that exist for the caller. Throws NOT_FOUND. */
export async function personByWireId(
  { context, session }: Call,
  number: number,
  entryId?: Buffer,
): Promise<DirectoryEntry> {
  const { db } = context.store;
  const { scope } = session.caller;
  const guid = entryId && entryId.length > 0 ? decodeAddressBookId(entryId).external : Buffer.alloc(0);
  const known = fromWireId(idOf(number, entryId));
  if (!known) throw new PamojaError('NOT_FOUND', 'nobody has that number');
  const person =
    known.kind === 'user'
      ? await findUser(db, scope, { id: known.id })
      : known.kind === 'group'
        ? await findGroup(db, scope, { id: known.id })
        : await findCompany(db, scope, { id: known.id });
  if (guid.length > 0 && !guid.equals(person.guid)) throw new PamojaError('NOT_FOUND', 'nobody has that entry id');
  return person;
}

// An operation asks for somebody of the kind that it is about: an id of another kind is of nobody, whoever else has that number.

/** Throws NOT_FOUND, and INVALID_TYPE for somebody else than a user. */
export async function userByWireId(call: Call, number: number, entryId: Buffer | undefined): Promise<UserEntry> {
  const user = await personByWireId(call, number, entryId);
  if (user.kind !== 'user') throw new PamojaError('INVALID_TYPE', 'not a user');
  return user;
}

/** Throws NOT_FOUND, for Everyone too, and INVALID_TYPE for somebody else than a group. */
export async function groupByWireId(call: Call, number: number, entryId: Buffer | undefined): Promise<GroupEntry> {
  const group = await personByWireId(call, number, entryId);
  if (group.kind !== 'group') throw new PamojaError('INVALID_TYPE', 'not a group');
  return group;
}

/** Throws NOT_FOUND, and INVALID_TYPE for somebody else than a company. */
export async function companyByWireId(call: Call, number: number, entryId: Buffer | undefined): Promise<CompanyEntry> {
  const company = await personByWireId(call, number, entryId);
  if (company.kind !== 'company') throw new PamojaError('INVALID_TYPE', 'not a company');
  return company;
}

/** Throws NO_ACCESS unless the caller administers a company. */
export function administered({ session }: Pick<Call, 'session'>, tenant: TenantId): void {
  const { administers } = session.caller;
  if (administers !== 'all' && !administers.includes(tenant))
    throw new PamojaError('NO_ACCESS', 'you are no administrator');
}

/** Who a session is, where it is asked what it may do to others. */
export const administratorOf = ({ session }: Pick<Call, 'session'>): Administrator => ({
  reaches: session.caller.administers,
  administers: session.caller.administers,
});

/** Throws NO_ACCESS unless the caller administers a user's company and lacks none of the user's rights. Locks the company. */
export async function administersUser(call: Call, tx: Database, user: UserEntry): Promise<void> {
  administered(call, user.tenant);
  await requireMayAdminister(tx, administratorOf(call), user.tenant, { id: user.id });
}

/** Throws NO_ACCESS unless the caller administers the system (admin level 2, manual 6.2.6). */
export function administersSystem({ session }: Pick<Call, 'session'>): void {
  if (session.caller.administers !== 'all')
    throw new PamojaError('NO_ACCESS', 'you are no administrator of the system');
}

/** The company that an administrative request is about: the one it names, else the caller's own. */
export async function companyOf(call: Call, number: number, entryId: Buffer | undefined): Promise<TenantId> {
  const wire = idOf(number, entryId);
  if (wire === 0 || wire === EVERYONE_ID) {
    if (call.session.caller.tenant === 0) throw new PamojaError('NOT_FOUND', 'no company was named');
    return call.session.caller.tenant;
  }
  return (await companyByWireId(call, number, entryId)).tenant;
}

/** A user as SOAP has one; a group within a group looks like one. */
export function wireUser({ context, session }: Call, user: UserEntry | GroupEntry): User {
  const { options } = context.store;
  const on = [...userFeatures(user.featuresOn, user.featuresOff, options)].sort();
  const all = ['imap', 'mobile', 'outlook', 'pop3', 'webapp'];
  const sees = session.caller.administers === 'all' || session.caller.administers.includes(user.tenant);
  return {
    ulUserId: wireId(user),
    lpszUsername: user.name,
    lpszPassword: '',
    lpszMailAddress: user.email,
    lpszFullName: user.fullName,
    lpszServername: '',
    ulIsNonActive: user.active ? 0 : 1,
    ulIsAdmin: user.adminLevel,
    ulIsABHidden: user.hidden ? 1 : 0,
    ulCapacity: 0,
    ulObjClass:
      user.type === 'user' ? (user.active ? OBJECT_CLASS.user : OBJECT_CLASS.nonactive) : OBJECT_CLASS[user.type],
    lpsMVPropmap: [
      { ulPropId: asString8(PR.EC_ENABLED_FEATURES), sValues: on },
      { ulPropId: asString8(PR.EC_DISABLED_FEATURES), sValues: all.filter((feature) => !on.includes(feature)) },
      ...(sees && user.aliases.length > 0
        ? [{ ulPropId: asString8(PR.EMS_AB_PROXY_ADDRESSES), sValues: [...user.aliases] }]
        : []),
    ],
    sUserId: personEntryId(user),
  };
}

export const SYSTEM_USER: User = {
  ulUserId: SYSTEM_ID,
  lpszUsername: 'SYSTEM',
  lpszPassword: '',
  lpszMailAddress: 'postmaster@localhost',
  lpszFullName: 'SYSTEM',
  lpszServername: SERVER_NAME,
  ulIsNonActive: 0,
  ulIsAdmin: 2,
  ulIsABHidden: 1,
  ulCapacity: 0,
  ulObjClass: OBJECT_CLASS.user,
  sUserId: SYSTEM_ENTRY_ID,
};

export const EVERYONE_GROUP: Group = {
  ulGroupId: EVERYONE_ID,
  sGroupId: EVERYONE_ENTRY_ID,
  lpszGroupname: 'Everyone',
  lpszFullname: 'Everyone',
  lpszFullEmail: '',
  ulIsABHidden: 0,
};

export const wireGroup = (group: GroupEntry): Group => ({
  ulGroupId: wireId(group),
  sGroupId: personEntryId(group),
  lpszGroupname: group.name,
  lpszFullname: group.fullName,
  lpszFullEmail: group.email,
  ulIsABHidden: group.hidden ? 1 : 0,
});

export const wireCompany = (company: CompanyEntry): Company => ({
  ulCompanyId: wireId(company),
  ulAdministrator: SYSTEM_ID,
  sCompanyId: personEntryId(company),
  sAdministrator: SYSTEM_ENTRY_ID,
  lpszCompanyname: company.name,
  lpszServername: '',
  ulIsABHidden: 0,
});

export { OBJECT_CLASS };
