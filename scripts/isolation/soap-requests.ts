import { PR } from '../../shared/mapi/property-tags.ts';
import type { OperationName, SaveObject, TableOpenRequest } from '../../shared/protocol/soap/interface.ts';
import type { RequestValues } from '../clients/soap-client.ts';
import type { Ids, Who } from './soap-ids.ts';

// Every operation of Kopano's own protocol that takes an id, with requests that take each of them.

type Requested = { [Name in OperationName]?: ((id: Ids) => RequestValues<Name>)[] };

const user = ({ number, entryId }: Who) => ({ ulUserId: number, sUserId: entryId });
const userOfQuota = ({ number, entryId }: Who) => ({ ulUserid: number, sUserId: entryId });
const group = ({ number, entryId }: Who) => ({ ulGroupId: number, sGroupId: entryId });
const company = ({ number, entryId }: Who) => ({ ulCompanyId: number, sCompanyId: entryId });
const sender = ({ number, entryId }: Who) => ({ ulSenderId: number, sSenderId: entryId });
const seen = ({ number, entryId }: Who) => ({ ulSetCompanyId: number, sSetCompanyId: entryId });
const right = ({ number, entryId }: Who) => ({
  ...{ ulUserid: number, sUserId: entryId },
  ...{ ulType: 2, ulRights: 0x5fb, ulState: 1 },
});
const recipient = (companyId: Who, userId: Who) => ({
  ...{ ulCompanyid: companyId.number, sCompanyId: companyId.entryId },
  ...{ ulRecipientId: userId.number, sRecipientId: userId.entryId, ulType: 0x10001 },
});

const save = (): SaveObject => ({
  ...{ delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: 5 },
  modProps: [{ tag: PR.SUBJECT, value: 'Intruder' }],
});
const quota = {
  ...{ bUseDefaultQuota: false, bIsUserDefaultQuota: false },
  ...{ llWarnSize: 1n, llSoftSize: 1n, llHardSize: 1n },
};
const profile = {
  ...{ lpszFullName: 'Intruder', ulIsNonActive: 0, ulCapacity: 0 },
  ...{ ulIsAdmin: 0xffffffff, ulIsABHidden: 0xffffffff, ulObjClass: 0xffffffff },
};
const subscription = (sKey: Buffer) => ({
  ...{ ulConnection: 77, sKey, ulEventMask: 0x3fe },
  sSyncState: { ulSyncId: 0, ulChangeId: 0 },
});
const restriction = { ulType: 8, lpExist: { ulPropTag: PR.SUBJECT } };

const SPOOLER_TABLE = 3;
const rows = (lpOpen: TableOpenRequest) => ({
  sRequest: {
    ...{ ulTableId: 0, ulFlags: 0, lpOpen },
    ...{ lpSetColumns: [PR.SUBJECT, PR.DISPLAY_NAME], lpQueryRows: { ulCount: 10, ulFlags: 0 } },
  },
});

export const REQUESTS: Requested = {
  getStore: [(id) => ({ lpsEntryId: id.store }), (id) => ({ lpsEntryId: id.publicStore })],
  getStoreName: [(id) => ({ sEntryId: id.store }), (id) => ({ sEntryId: id.folder })],
  getStoreType: [(id) => ({ sEntryId: id.store }), (id) => ({ sEntryId: id.message })],
  getOwner: [(id) => ({ sEntryId: id.store }), (id) => ({ sEntryId: id.publicStore })],
  resolveStore: [(id) => ({ sStoreGuid: id.storeGuid })],
  getRights: [(id) => ({ sEntryId: id.folder, ulType: 3 }), (id) => ({ sEntryId: id.store, ulType: 3 })],
  setRights: [
    (id) => ({ sEntryId: id.folder, lpsrightsArray: [right(id.user)] }),
    (id) => ({ sEntryId: id.folder, lpsrightsArray: [right(id.group)] }),
  ],
  loadProp: [(id) => ({ sEntryId: id.message, ulObjId: 0, ulPropTag: PR.SUBJECT })],
  saveObject: [
    (id) => ({ sParentEntryId: id.folder, sEntryId: id.newMessage, lpsSaveObj: save() }),
    (id) => ({ sEntryId: id.message, lpsSaveObj: save() }),
    (id) => ({ sParentEntryId: id.folder, sEntryId: id.folder, lpsSaveObj: { ...save(), ulObjType: 3 } }),
    (id) => ({ sParentEntryId: id.store, sEntryId: id.store, lpsSaveObj: { ...save(), ulObjType: 1 } }),
  ],
  loadObject: [
    (id) => ({ sEntryId: id.message }),
    (id) => ({ sEntryId: id.folder }),
    (id) => ({ sEntryId: id.store }),
    (id) => ({ sEntryId: id.publicStore }),
  ],
  createFolder: [(id) => ({ sParentId: id.folder, ulType: 1, szName: 'new', szComment: '', fOpenIfExists: true })],
  'create-folders': [
    (id) => ({
      'parent-eid': id.folder,
      batch: [{ name: 'new', comment: '', 'open-if-exists': true, type: 1, 'sync-id': id.sync }],
    }),
  ],
  deleteObjects: [(id) => ({ aMessages: [id.message], ulFlags: 0 })],
  copyObjects: [(id) => ({ aMessages: [id.message], sDestFolderId: id.folder, ulFlags: 0 })],
  emptyFolder: [(id) => ({ sEntryId: id.folder, ulFlags: 0 })],
  deleteFolder: [(id) => ({ sEntryId: id.folder, ulFlags: 0 })],
  copyFolder: [
    (id) => ({ sEntryId: id.folder, sDestFolderId: id.secondFolder, lpszNewFolderName: 'copy', ulFlags: 0 }),
  ],
  setReadFlags: [(id) => ({ lpMessages: [id.message], ulFlags: 0 }), (id) => ({ lpsEntryId: id.folder, ulFlags: 0 })],
  setReceiveFolder: [(id) => ({ sStoreId: id.store, lpsEntryId: id.folder, lpszMessageClass: 'IPM.X' })],
  getReceiveFolder: [(id) => ({ sStoreId: id.store, lpszMessageClass: 'IPM' })],
  getReceiveFolderTable: [(id) => ({ sStoreId: id.store })],
  getMessageStatus: [(id) => ({ sEntryId: id.message })],
  setMessageStatus: [(id) => ({ sEntryId: id.message, ulNewStatus: 1, ulNewStatusMask: 1 })],
  notifySubscribe: [
    (id) => ({ notifySubscribe: subscription(id.folder) }),
    (id) => ({ notifySubscribe: subscription(id.store) }),
  ],
  notifySubscribeMulti: [(id) => ({ notifySubscribeArray: [subscription(id.message)] })],
  tableOpen: [
    (id) => ({ sEntryId: id.folder, ulTableType: 1, ulType: 5 }),
    (id) => ({ sEntryId: id.folder, ulTableType: 1, ulType: 3 }),
    (id) => ({ sEntryId: id.store, ulTableType: SPOOLER_TABLE, ulType: 0 }),
  ],
  // A table of the address book is read when its rows are asked for.
  tableMulti: [
    (id) => rows({ sEntryId: id.folder, ulTableType: 1, ulType: 5, ulFlags: 0 }),
    (id) => rows({ sEntryId: id.group.entryId, ulTableType: 2, ulType: 6, ulFlags: 0 }),
    (id) => rows({ sEntryId: id.company.entryId, ulTableType: 2, ulType: 6, ulFlags: 0 }),
  ],
  tableSetSearchCriteria: [(id) => ({ sEntryId: id.folder, lpFolders: [id.secondFolder], lpRestrict: restriction })],
  tableGetSearchCriteria: [(id) => ({ sEntryId: id.folder })],
  submitMessage: [(id) => ({ sEntryId: id.message, ulFlags: 0 })],
  finishedMessage: [(id) => ({ sEntryId: id.message, ulFlags: 0 })],
  abortSubmit: [(id) => ({ sEntryId: id.message })],
  setUser: [(id) => ({ lpsUser: { ...profile, ...user(id.user) } })],
  deleteUser: [(id) => user(id.user)],
  removeAllObjects: [(id) => ({ sExceptUserId: id.user.entryId })],
  getUser: [(id) => user(id.user)],
  getUserList: [(id) => company(id.company)],
  getSendAsList: [(id) => user(id.user)],
  addSendAsUser: [(id) => ({ ...user(id.user), ...sender(id.secondUser) })],
  delSendAsUser: [(id) => ({ ...user(id.user), ...sender(id.secondUser) })],
  getUserClientUpdateStatus: [(id) => ({ sUserId: id.user.entryId })],
  createStore: [
    (id) => ({ ulStoreType: 2, ...user(id.user) }),
    (id) => ({ ulStoreType: 1, ulUserId: id.company.number, sUserId: id.company.entryId }),
  ],
  removeStore: [(id) => ({ sStoreGuid: id.storeGuid })],
  hookStore: [(id) => ({ ulStoreType: 0, sUserId: id.user.entryId, sStoreGuid: id.storeGuid })],
  unhookStore: [
    (id) => ({ ulStoreType: 0, sUserId: id.user.entryId }),
    (id) => ({ ulStoreType: 1, sUserId: id.company.entryId }),
  ],
  setGroup: [(id) => ({ lpsGroup: { ...group(id.group), ulIsABHidden: 0, lpszFullname: 'Intruders' } })],
  getGroup: [(id) => group(id.group)],
  getGroupList: [(id) => company(id.company)],
  groupDelete: [(id) => group(id.group)],
  addGroupUser: [(id) => ({ ...group(id.group), ...user(id.user) })],
  deleteGroupUser: [(id) => ({ ...group(id.group), ...user(id.user) })],
  getUserListOfGroup: [(id) => group(id.group)],
  getGroupListOfUser: [(id) => user(id.user)],
  deleteCompany: [(id) => company(id.company)],
  setCompany: [
    (id) => ({ lpsCompany: { ...company(id.company), ulAdministrator: 0, ulIsABHidden: 0, lpszCompanyname: '' } }),
  ],
  getCompany: [(id) => company(id.company)],
  addCompanyToRemoteViewList: [(id) => ({ ...seen(id.company), ...company(id.secondCompany) })],
  delCompanyFromRemoteViewList: [(id) => ({ ...seen(id.company), ...company(id.secondCompany) })],
  getRemoteViewList: [(id) => company(id.company)],
  addUserToRemoteAdminList: [(id) => ({ ...company(id.company), ...user(id.user) })],
  delUserFromRemoteAdminList: [(id) => ({ ...company(id.company), ...user(id.user) })],
  getRemoteAdminList: [(id) => company(id.company)],
  checkExistObject: [(id) => ({ sEntryId: id.message, ulFlags: 0 }), (id) => ({ sEntryId: id.folder, ulFlags: 0 })],
  readABProps: [
    (id) => ({ sEntryId: id.user.entryId }),
    (id) => ({ sEntryId: id.group.entryId }),
    (id) => ({ sEntryId: id.company.entryId }),
  ],
  syncUsers: [(id) => company(id.company)],
  setLockState: [(id) => ({ sEntryId: id.message, bLocked: true })],
  resetFolderCount: [(id) => ({ sEntryId: id.folder })],
  GetQuota: [(id) => userOfQuota(id.user), (id) => userOfQuota(id.company)],
  SetQuota: [
    (id) => ({ ...userOfQuota(id.user), lpsQuota: quota }),
    (id) => ({ ...userOfQuota(id.company), lpsQuota: quota }),
  ],
  AddQuotaRecipient: [(id) => recipient(id.company, id.user)],
  DeleteQuotaRecipient: [(id) => recipient(id.company, id.user)],
  GetQuotaRecipients: [(id) => userOfQuota(id.user), (id) => userOfQuota(id.company)],
  GetQuotaStatus: [(id) => userOfQuota(id.user), (id) => userOfQuota(id.company)],
  getChanges: [
    (id) => ({ sSourceKeyFolder: id.folderKey, ulSyncId: id.sync, ulChangeId: 0, ulChangeType: 1, ulFlags: 0 }),
    (id) => ({ sSourceKeyFolder: id.folderKey, ulSyncId: 0, ulChangeId: 0, ulChangeType: 2, ulFlags: 0 }),
  ],
  setSyncStatus: [
    (id) => ({ sSourceKeyFolder: id.folderKey, ulSyncId: 0, ulChangeId: 0, ulChangeType: 1, ulFlags: 0 }),
    (id) => ({ sSourceKeyFolder: Buffer.alloc(0), ulSyncId: id.sync, ulChangeId: 1, ulChangeType: 1, ulFlags: 0 }),
  ],
  getSyncStates: [(id) => ({ ulaSyncId: [id.sync] })],
  getEntryIDFromSourceKey: [
    (id) => ({ sStoreId: id.store, folderSourceKey: id.folderKey, messageSourceKey: id.messageKey }),
  ],
  exportMessageChangesAsStream: [
    (id) => ({
      ...{ ulFlags: 0, sPropTags: [], ulPropTag: PR.ENTRYID },
      'param-1': [{ sParentKey: id.folderKey, sObjectKey: id.messageKey }],
    }),
  ],
  importMessageFromStream: [
    (id) => ({
      ...{ ulFlags: 0, ulSyncId: id.sync, bIsNew: false },
      ...{ sParentEntryId: id.folder, sEntryId: id.message },
    }),
  ],
  getChangeInfo: [(id) => ({ sEntryId: id.message })],
};

/** The others: they take no id of an object, or one that lives in the caller's own session (tables, subscriptions). */
export const WITHOUT_ID: readonly OperationName[] = [
  ...(['logon', 'ssoLogon', 'logoff', 'getPublicStore', 'getIDsFromNames', 'getNamesFromIDs'] as const),
  ...(['notify', 'notifyUnSubscribe', 'notifyUnSubscribeMulti', 'notifyGetItems'] as const),
  ...(['tableClose', 'tableSetColumns', 'tableQueryColumns', 'tableSort', 'tableRestrict'] as const),
  ...(['tableGetRowCount', 'tableQueryRows', 'tableFindRow', 'tableSeekRow', 'tableCreateBookmark'] as const),
  ...(['tableFreeBookmark', 'tableExpandRow', 'tableCollapseRow', 'tableGetCollapseState'] as const),
  ...(['tableSetCollapseState', 'resolveUserStore', 'createUser', 'resolveUsername', 'createGroup'] as const),
  ...(['resolveGroupname', 'createCompany', 'resolveCompanyname', 'getCompanyList', 'abResolveNames'] as const),
  ...(['purgeSoftDelete', 'purgeDeferredUpdates', 'purgeCache', 'getLicenseAuth', 'resolvePseudoUrl'] as const),
  ...(['getServerDetails', 'testPerform', 'testSet', 'testGet', 'getClientUpdate', 'setClientUpdateStatus'] as const),
];
