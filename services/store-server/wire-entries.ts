import {
  addressBookEntryId,
  addressBookId,
  EVERYONE_ENTRY_ID,
  EVERYONE_ID,
  SYSTEM_ENTRY_ID,
  SYSTEM_ID,
} from '../../shared/address-book/address-book-ids.ts';
import { SERVER_NAME } from '../../shared/address-book/server-name.ts';
import type { CompanyEntry, GroupEntry, UserEntry } from '../../shared/directory/entries/entries.ts';
import { userFeatures } from '../../shared/directory/entries/features.ts';
import { asString8 } from '../../shared/mapi/property-bag.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Company, Group, User } from '../../shared/protocol/soap/interface.ts';
import type { Call } from './operations/operation.ts';

/** Classes of users (objectclass_t): the class in the upper half, its type in the lower. */
export const OBJECT_CLASS = {
  user: 0x10001,
  nonactive: 0x10002,
  room: 0x10003,
  equipment: 0x10004,
  contact: 0x10005,
} as const;

/** A user as SOAP's struct; a group that is a member of a group is given as a user, as Kopano does. */
export function wireUser({ context, session }: Call, user: UserEntry | GroupEntry): User {
  const { options } = context.store;
  const on = [...userFeatures(user.featuresOn, user.featuresOff, options)].sort();
  const all = ['imap', 'mobile', 'outlook', 'pop3', 'webapp'];
  const sees = session.caller.administers === 'all' || session.caller.administers.includes(user.tenant);
  return {
    ulUserId: addressBookId(user),
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
    sUserId: addressBookEntryId(user),
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
  ulGroupId: addressBookId(group),
  sGroupId: addressBookEntryId(group),
  lpszGroupname: group.name,
  lpszFullname: group.fullName,
  lpszFullEmail: group.email,
  ulIsABHidden: group.hidden ? 1 : 0,
});

export const wireCompany = (company: CompanyEntry): Company => ({
  ulCompanyId: addressBookId(company),
  ulAdministrator: SYSTEM_ID,
  sCompanyId: addressBookEntryId(company),
  sAdministrator: SYSTEM_ENTRY_ID,
  lpszCompanyname: company.name,
  lpszServername: '',
  ulIsABHidden: 0,
});
