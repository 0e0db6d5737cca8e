// Made from kcmd.wsdl by scripts/generate-soap.ts; change that, never this.
import type { Property } from '../../mapi/property.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';

export interface HiloLong {
  hi: number;
  lo: number;
}

export interface SaveObject {
  item?: SaveObject[];
  delProps?: number[];
  modProps?: Property[];
  bDelete: boolean;
  ulClientId: number;
  ulServerId: number;
  ulObjType: number;
  lpInstanceIds?: Buffer[];
}

export interface SortOrder {
  ulPropTag: number;
  ulOrder: number;
}

export interface TableOpenRequest {
  sEntryId?: Buffer;
  ulTableType: number;
  ulType: number;
  ulFlags: number;
}

export interface TableSortRequest {
  sSortOrder?: SortOrder[];
  ulCategories: number;
  ulExpanded: number;
}

export interface TableQueryRowsRequest {
  ulCount: number;
  ulFlags: number;
}

export interface TableMultiRequest {
  ulTableId: number;
  ulFlags: number;
  lpOpen?: TableOpenRequest;
  lpSetColumns?: number[];
  lpRestrict?: RestrictTable;
  lpSort?: TableSortRequest;
  lpQueryRows?: TableQueryRowsRequest;
}

export interface CategoryState {
  sProps?: Property[];
  fExpanded: number;
}

export interface CollapseState {
  sCategoryStates?: CategoryState[];
  sBookMarkProps?: Property[];
}

export interface NotificationObject {
  pEntryId?: Buffer;
  ulObjType: number;
  pParentId?: Buffer;
  pOldId?: Buffer;
  pOldParentId?: Buffer;
  pPropTagArray?: number[];
}

export interface NotificationTable {
  ulTableEvent: number;
  ulObjType: number;
  hResult: number;
  propIndex?: Property;
  propPrior?: Property;
  pRow?: Property[];
}

export interface NotificationNewMail {
  pEntryId?: Buffer;
  pParentId?: Buffer;
  lpszMessageClass?: string;
  ulMessageFlags: number;
}

export interface NotificationICS {
  pSyncState?: Buffer;
  ulChangeType: number;
}

export interface Notification {
  ulConnection: number;
  ulEventType: number;
  obj?: NotificationObject;
  tab?: NotificationTable;
  newmail?: NotificationNewMail;
  ics?: NotificationICS;
}

export interface NotifySyncState {
  ulSyncId: number;
  ulChangeId: number;
}

export interface NotifySubscribe {
  ulConnection: number;
  sKey?: Buffer;
  ulEventMask: number;
  sSyncState?: NotifySyncState;
}

export interface Rights {
  ulUserid: number;
  ulType: number;
  ulRights: number;
  ulState: number;
  sUserId?: Buffer;
}

export interface Userobject {
  lpszName?: string;
  ulId: number;
  sId?: Buffer;
  ulType: number;
}

export interface StatObjectResponse {
  ulSize: number;
  ftCreated: number;
  ftModified: number;
  er: number;
}

export interface NamedProp {
  lpId?: number;
  lpString?: string;
  lpguid?: Buffer;
}

export interface RestrictBitmask {
  ulMask: number;
  ulPropTag: number;
  ulType: number;
}

export interface RestrictCompare {
  ulPropTag1: number;
  ulPropTag2: number;
  ulType: number;
}

export interface RestrictContent {
  ulFuzzyLevel: number;
  ulPropTag: number;
  lpProp?: Property;
}

export interface RestrictExist {
  ulPropTag: number;
}

export interface RestrictComment {
  lpResTable?: RestrictTable;
  sProps?: Property[];
}

export interface RestrictNot {
  lpNot?: RestrictTable;
}

export interface RestrictProp {
  ulType: number;
  ulPropTag: number;
  lpProp?: Property;
}

export interface RestrictSize {
  ulType: number;
  ulPropTag: number;
  cb: number;
}

export interface RestrictSub {
  ulSubObject: number;
  lpSubObject?: RestrictTable;
}

export interface RestrictTable {
  ulType: number;
  lpAnd?: RestrictTable[];
  lpBitmask?: RestrictBitmask;
  lpCompare?: RestrictCompare;
  lpContent?: RestrictContent;
  lpExist?: RestrictExist;
  lpNot?: RestrictNot;
  lpOr?: RestrictTable[];
  lpProp?: RestrictProp;
  lpSize?: RestrictSize;
  lpComment?: RestrictComment;
  lpSub?: RestrictSub;
}

export interface ReceiveFolder {
  sEntryId?: Buffer;
  lpszAExplicitClass?: string;
}

export interface SearchCriteria {
  lpRestrict?: RestrictTable;
  lpFolders?: Buffer[];
  ulFlags: number;
}

export interface PropmapPair {
  ulPropId: number;
  lpszValue?: string;
}

export interface PropmapMVPair {
  ulPropId: number;
  sValues?: string[];
}

export interface User {
  ulUserId: number;
  lpszUsername?: string;
  lpszPassword?: string;
  lpszMailAddress?: string;
  lpszFullName?: string;
  lpszServername?: string;
  ulIsNonActive: number;
  ulIsAdmin: number;
  ulIsABHidden: number;
  ulCapacity: number;
  ulObjClass: number;
  lpsPropmap?: PropmapPair[];
  lpsMVPropmap?: PropmapMVPair[];
  sUserId?: Buffer;
}

export interface Group {
  ulGroupId: number;
  sGroupId?: Buffer;
  lpszGroupname?: string;
  lpszFullname?: string;
  lpszFullEmail?: string;
  ulIsABHidden: number;
  lpsPropmap?: PropmapPair[];
  lpsMVPropmap?: PropmapMVPair[];
}

export interface Company {
  ulCompanyId: number;
  ulAdministrator: number;
  sCompanyId?: Buffer;
  sAdministrator?: Buffer;
  lpszCompanyname?: string;
  lpszServername?: string;
  ulIsABHidden: number;
  lpsPropmap?: PropmapPair[];
  lpsMVPropmap?: PropmapMVPair[];
}

export interface QuerySubMessageResponse {
  sEntryId?: Buffer;
  er: number;
}

export interface UserProfileResponse {
  szProfileName?: string;
  szProfileAddress?: string;
  er: number;
}

export interface ReadChunkResponse {
  data?: Buffer;
  er: number;
}

export interface MoveCopy {
  store?: Buffer;
  folder?: Buffer;
}

export interface Reply {
  message?: Buffer;
  guid?: Buffer;
}

export interface Defer {
  bin?: Buffer;
}

export interface Action {
  acttype: number;
  flavor: number;
  flags: number;
  moveCopy?: MoveCopy;
  reply?: Reply;
  defer?: Defer;
  bouncecode?: number;
  adrlist?: (Property[] | undefined)[];
  prop?: Property;
}

export interface Quota {
  bUseDefaultQuota: boolean;
  bIsUserDefaultQuota: boolean;
  llWarnSize: bigint;
  llSoftSize: bigint;
  llHardSize: bigint;
}

export interface IcsChange {
  ulChangeId: number;
  sSourceKey?: Buffer;
  sParentSourceKey?: Buffer;
  ulChangeType: number;
  ulFlags: number;
}

export interface Server {
  lpszName?: string;
  lpszFilePath?: string;
  lpszHttpPath?: string;
  lpszSslPath?: string;
  lpszPreferedPath?: string;
  ulFlags: number;
}

export interface SourceKeyPair {
  sParentKey?: Buffer;
  sObjectKey?: Buffer;
}

export interface MessageStream {
  ulStep: number;
  sPropVals?: Property[];
  sStreamData?: BinarySource;
}

export interface SyncState {
  ulSyncId: number;
  ulChangeId: number;
}

export interface NewFolder {
  name?: string;
  comment?: string;
  entryid?: Buffer;
  'open-if-exists': boolean;
  type: number;
  'sync-id': number;
  'original-sourcekey'?: Buffer;
}

export interface Attachment {
  lpszAttachmentName?: string;
  sData?: BinarySource;
}

export interface ClientUpdateInfoRequest {
  ulTrackId: number;
  szUsername?: string;
  szClientIPList?: string;
  szClientVersion?: string;
  szWindowsVersion?: string;
  szComputerName?: string;
  sLicenseReq?: Buffer;
}

export interface ClientUpdateStatusRequest {
  ulTrackId: number;
  ulLastErrorCode: number;
  ulLastErrorAction: number;
  sFiles?: Attachment[];
}

/** What a request carries, by operation. Absent and nil are undefined. */
export interface Requests {
  logon: {
    szUsername?: string;
    szPassword?: string;
    szImpersonateUser?: string;
    szVersion?: string;
    ulCapabilities: number;
    ulFlags: number;
    sLicenseReq?: Buffer;
    ullSessionGroup: bigint;
    szClientApp?: string;
    szClientAppVersion?: string;
    szClientAppMisc?: string;
  };
  ssoLogon: {
    ulSessionId: bigint;
    szUsername?: string;
    szImpersonateUser?: string;
    lpInput?: Buffer;
    clientVersion?: string;
    clientCaps: number;
    sLicenseReq?: Buffer;
    ullSessionGroup: bigint;
    szClientApp?: string;
    szClientAppVersion?: string;
    szClientAppMisc?: string;
  };
  getStore: { ulSessionId: bigint; lpsEntryId?: Buffer };
  getStoreName: { ulSessionId: bigint; sEntryId?: Buffer };
  getStoreType: { ulSessionId: bigint; sEntryId?: Buffer };
  getPublicStore: { ulSessionId: bigint; ulFlags: number };
  logoff: { ulSessionId: bigint };
  getRights: { ulSessionId: bigint; sEntryId?: Buffer; ulType: number };
  setRights: { ulSessionId: bigint; sEntryId?: Buffer; lpsrightsArray?: Rights[] };
  loadProp: { ulSessionId: bigint; sEntryId?: Buffer; ulObjId: number; ulPropTag: number };
  saveObject: {
    ulSessionId: bigint;
    sParentEntryId?: Buffer;
    sEntryId?: Buffer;
    lpsSaveObj?: SaveObject;
    ulFlags: number;
    ulSyncId: number;
  };
  loadObject: { ulSessionId: bigint; sEntryId?: Buffer; lpsNotSubscribe?: NotifySubscribe; ulFlags: number };
  createFolder: {
    ulSessionId: bigint;
    sParentId?: Buffer;
    lpsNewEntryId?: Buffer;
    ulType: number;
    szName?: string;
    szComment?: string;
    fOpenIfExists: boolean;
    ulSyncId: number;
    sOrigSourceKey?: Buffer;
  };
  'create-folders': { 'session-id': bigint; 'parent-eid'?: Buffer; batch?: NewFolder[] };
  deleteObjects: { ulSessionId: bigint; ulFlags: number; aMessages?: Buffer[]; ulSyncId: number };
  copyObjects: { ulSessionId: bigint; aMessages?: Buffer[]; sDestFolderId?: Buffer; ulFlags: number; ulSyncId: number };
  emptyFolder: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number; ulSyncId: number };
  deleteFolder: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number; ulSyncId: number };
  copyFolder: {
    ulSessionId: bigint;
    sEntryId?: Buffer;
    sDestFolderId?: Buffer;
    lpszNewFolderName?: string;
    ulFlags: number;
    ulSyncId: number;
  };
  setReadFlags: { ulSessionId: bigint; ulFlags: number; lpsEntryId?: Buffer; lpMessages?: Buffer[]; ulSyncId: number };
  setReceiveFolder: { ulSessionId: bigint; sStoreId?: Buffer; lpsEntryId?: Buffer; lpszMessageClass?: string };
  getReceiveFolder: { ulSessionId: bigint; sStoreId?: Buffer; lpszMessageClass?: string };
  getReceiveFolderTable: { ulSessionId: bigint; sStoreId?: Buffer };
  getMessageStatus: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number };
  setMessageStatus: {
    ulSessionId: bigint;
    sEntryId?: Buffer;
    ulNewStatus: number;
    ulNewStatusMask: number;
    ulSyncId: number;
  };
  getIDsFromNames: { ulSessionId: bigint; lpsNamedProps?: NamedProp[]; ulFlags: number };
  getNamesFromIDs: { ulSessionId: bigint; lpsPropTags?: number[] };
  notify: { ulSessionId: bigint; sNotification?: Notification };
  notifySubscribe: { ulSessionId: bigint; notifySubscribe?: NotifySubscribe };
  notifySubscribeMulti: { ulSessionId: bigint; notifySubscribeArray?: NotifySubscribe[] };
  notifyUnSubscribe: { ulSessionId: bigint; ulConnection: number };
  notifyUnSubscribeMulti: { ulSessionId: bigint; ulConnectionArray?: number[] };
  notifyGetItems: { ulSessionId: bigint };
  tableOpen: { ulSessionId: bigint; sEntryId?: Buffer; ulTableType: number; ulType: number; ulFlags: number };
  tableClose: { ulSessionId: bigint; ulTableId: number };
  tableSetColumns: { ulSessionId: bigint; ulTableId: number; aPropTag?: number[] };
  tableQueryColumns: { ulSessionId: bigint; ulTableId: number; ulFlags: number };
  tableSort: {
    ulSessionId: bigint;
    ulTableId: number;
    aSortOrder?: SortOrder[];
    ulCategories: number;
    ulExpanded: number;
  };
  tableRestrict: { ulSessionId: bigint; ulTableId: number; lpRestrict?: RestrictTable };
  tableGetRowCount: { ulSessionId: bigint; ulTableId: number };
  tableQueryRows: { ulSessionId: bigint; ulTableId: number; ulRowCount: number; ulFlags: number };
  tableFindRow: {
    ulSessionId: bigint;
    ulTableId: number;
    ulBookmark: number;
    ulFlags: number;
    lpsRestrict?: RestrictTable;
  };
  tableSeekRow: { ulSessionId: bigint; ulTableId: number; ulBookmark: number; lRowCount: number };
  tableCreateBookmark: { ulSessionId: bigint; ulTableId: number };
  tableFreeBookmark: { ulSessionId: bigint; ulTableId: number; ulbkPosition: number };
  tableSetSearchCriteria: {
    ulSessionId: bigint;
    sEntryId?: Buffer;
    lpRestrict?: RestrictTable;
    lpFolders?: Buffer[];
    ulFlags: number;
  };
  tableGetSearchCriteria: { ulSessionId: bigint; sEntryId?: Buffer };
  tableExpandRow: {
    ulSessionId: bigint;
    ulTableId: number;
    sInstanceKey?: Buffer;
    ulRowCount: number;
    ulFlags: number;
  };
  tableCollapseRow: { ulSessionId: bigint; ulTableId: number; sInstanceKey?: Buffer; ulFlags: number };
  tableGetCollapseState: { ulSessionId: bigint; ulTableId: number; sBookmark?: Buffer };
  tableSetCollapseState: { ulSessionId: bigint; ulTableId: number; sCollapseState?: Buffer };
  tableMulti: { ulSessionId: bigint; sRequest?: TableMultiRequest };
  submitMessage: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number };
  finishedMessage: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number };
  abortSubmit: { ulSessionId: bigint; sEntryId?: Buffer };
  resolveStore: { ulSessionId: bigint; sStoreGuid?: Buffer };
  resolveUserStore: { ulSessionId: bigint; szUserName?: string; ulStoreTypeMask: number; ulFlags: number };
  createUser: { ulSessionId: bigint; lpsUser?: User };
  deleteUser: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer };
  removeAllObjects: { ulSessionId: bigint; sExceptUserId?: Buffer };
  getUser: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer };
  setUser: { ulSessionId: bigint; lpsUser?: User };
  getUserList: { ulSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  getSendAsList: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer };
  addSendAsUser: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer; ulSenderId: number; sSenderId?: Buffer };
  delSendAsUser: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer; ulSenderId: number; sSenderId?: Buffer };
  getUserClientUpdateStatus: { ulSessionId: bigint; sUserId?: Buffer };
  purgeSoftDelete: { ulSessionId: bigint; ulDays: number };
  purgeDeferredUpdates: { ulSessionId: bigint };
  purgeCache: { ulSessionId: bigint; ulFlags: number };
  createStore: {
    ulSessionId: bigint;
    ulStoreType: number;
    ulUserId: number;
    sUserId?: Buffer;
    sStoreId?: Buffer;
    sRootId?: Buffer;
    ulFlags: number;
  };
  removeStore: { ulSessionId: bigint; sStoreGuid?: Buffer; ulSyncId: number };
  hookStore: { ulSessionId: bigint; ulStoreType: number; sUserId?: Buffer; sStoreGuid?: Buffer; ulSyncId: number };
  unhookStore: { ulSessionId: bigint; ulStoreType: number; sUserId?: Buffer; ulSyncId: number };
  getOwner: { ulSessionId: bigint; sEntryId?: Buffer };
  resolveUsername: { ulSessionId: bigint; lpszUsername?: string };
  createGroup: { ulSessionId: bigint; lpsGroup?: Group };
  setGroup: { ulSessionId: bigint; lpsGroup?: Group };
  getGroup: { ulSessionId: bigint; ulGroupId: number; sGroupId?: Buffer };
  getGroupList: { ulSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  groupDelete: { ulSessionId: bigint; ulGroupId: number; sGroupId?: Buffer };
  resolveGroupname: { ulSessionId: bigint; lpszGroupname?: string };
  deleteGroupUser: { ulSessionId: bigint; ulGroupId: number; sGroupId?: Buffer; ulUserId: number; sUserId?: Buffer };
  addGroupUser: { ulSessionId: bigint; ulGroupId: number; sGroupId?: Buffer; ulUserId: number; sUserId?: Buffer };
  getUserListOfGroup: { ulSessionId: bigint; ulGroupId: number; sGroupId?: Buffer };
  getGroupListOfUser: { ulSessionId: bigint; ulUserId: number; sUserId?: Buffer };
  createCompany: { ulSessionId: bigint; lpsCompany?: Company };
  deleteCompany: { ulSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  setCompany: { ulSessionId: bigint; lpsCompany?: Company };
  getCompany: { ulSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  resolveCompanyname: { ulSessionId: bigint; lpszCompanyname?: string };
  getCompanyList: { ulSessionId: bigint };
  addCompanyToRemoteViewList: {
    ecSessionId: bigint;
    ulSetCompanyId: number;
    sSetCompanyId?: Buffer;
    ulCompanyId: number;
    sCompanyId?: Buffer;
  };
  delCompanyFromRemoteViewList: {
    ecSessionId: bigint;
    ulSetCompanyId: number;
    sSetCompanyId?: Buffer;
    ulCompanyId: number;
    sCompanyId?: Buffer;
  };
  getRemoteViewList: { ecSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  addUserToRemoteAdminList: {
    ecSessionId: bigint;
    ulUserId: number;
    sUserId?: Buffer;
    ulCompanyId: number;
    sCompanyId?: Buffer;
  };
  delUserFromRemoteAdminList: {
    ecSessionId: bigint;
    ulUserId: number;
    sUserId?: Buffer;
    ulCompanyId: number;
    sCompanyId?: Buffer;
  };
  getRemoteAdminList: { ecSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  checkExistObject: { ulSessionId: bigint; sEntryId?: Buffer; ulFlags: number };
  readABProps: { ulSessionId: bigint; sEntryId?: Buffer };
  abResolveNames: {
    ulSessionId: bigint;
    lpaPropTag?: number[];
    lpsRowSet?: (Property[] | undefined)[];
    lpaFlags?: number[];
    ulFlags: number;
  };
  syncUsers: { ulSessionId: bigint; ulCompanyId: number; sCompanyId?: Buffer };
  setLockState: { ulSessionId: bigint; sEntryId?: Buffer; bLocked: boolean };
  resetFolderCount: { ulSessionId: bigint; sEntryId?: Buffer };
  GetQuota: { ulSessionId: bigint; ulUserid: number; sUserId?: Buffer; bGetUserDefault: boolean };
  SetQuota: { ulSessionId: bigint; ulUserid: number; sUserId?: Buffer; lpsQuota?: Quota };
  AddQuotaRecipient: {
    ulSessionId: bigint;
    ulCompanyid: number;
    sCompanyId?: Buffer;
    ulRecipientId: number;
    sRecipientId?: Buffer;
    ulType: number;
  };
  DeleteQuotaRecipient: {
    ulSessionId: bigint;
    ulCompanyid: number;
    sCompanyId?: Buffer;
    ulRecipientId: number;
    sRecipientId?: Buffer;
    ulType: number;
  };
  GetQuotaRecipients: { ulSessionId: bigint; ulUserid: number; sUserId?: Buffer };
  GetQuotaStatus: { ulSessionId: bigint; ulUserid: number; sUserId?: Buffer };
  getChanges: {
    ulSessionId: bigint;
    sSourceKeyFolder?: Buffer;
    ulSyncId: number;
    ulChangeId: number;
    ulChangeType: number;
    ulFlags: number;
    lpsRestrict?: RestrictTable;
  };
  setSyncStatus: {
    ulSessionId: bigint;
    sSourceKeyFolder?: Buffer;
    ulSyncId: number;
    ulChangeId: number;
    ulChangeType: number;
    ulFlags: number;
  };
  getEntryIDFromSourceKey: {
    ulSessionId: bigint;
    sStoreId?: Buffer;
    folderSourceKey?: Buffer;
    messageSourceKey?: Buffer;
  };
  getSyncStates: { ulSessionId: bigint; ulaSyncId?: number[] };
  getLicenseAuth: { ulSessionId: bigint; sAuthData?: Buffer };
  resolvePseudoUrl: { ulSessionId: bigint; lpszPseudoUrl?: string };
  getServerDetails: { ulSessionId: bigint; szaSvrNameList?: string[]; ulFlags: number };
  exportMessageChangesAsStream: {
    ulSessionId: bigint;
    ulFlags: number;
    sPropTags?: number[];
    'param-1'?: SourceKeyPair[];
    ulPropTag: number;
  };
  importMessageFromStream: {
    ulSessionId: bigint;
    ulFlags: number;
    ulSyncId: number;
    sParentEntryId?: Buffer;
    sEntryId?: Buffer;
    bIsNew: boolean;
    lpsConflictItems?: Property;
    sStreamData?: BinarySource;
  };
  getChangeInfo: { ulSessionId: bigint; sEntryId?: Buffer };
  testPerform: { ulSessionId: bigint; cmd?: string; sPerform?: string[] };
  testSet: { ulSessionId: bigint; name?: string; value?: string };
  testGet: { ulSessionId: bigint; name?: string };
  getClientUpdate: { sClientUpdateInfo?: ClientUpdateInfoRequest };
  setClientUpdateStatus: { sClientUpdateStatus?: ClientUpdateStatusRequest };
}

/** What a response carries, by operation; what is left out is zero, empty or absent. */
export interface Responses {
  logon: {
    er?: number;
    ulSessionId?: bigint;
    lpszVersion?: string;
    ulCapabilities?: number;
    sLicenseResponse?: Buffer;
    sServerGuid?: Buffer;
  };
  ssoLogon: {
    er?: number;
    ulSessionId?: bigint;
    lpszVersion?: string;
    ulCapabilities?: number;
    lpOutput?: Buffer;
    sLicenseResponse?: Buffer;
    sServerGuid?: Buffer;
  };
  getStore: { er?: number; sStoreId?: Buffer; sRootId?: Buffer; guid?: Buffer; lpszServerPath?: string };
  getStoreName: { lpszStoreName?: string; er?: number };
  getStoreType: { ulStoreType?: number; er?: number };
  getPublicStore: { er?: number; sStoreId?: Buffer; sRootId?: Buffer; guid?: Buffer; lpszServerPath?: string };
  logoff: { result?: number };
  getRights: { pRightsArray?: Rights[]; er?: number };
  setRights: { result?: number };
  loadProp: { er?: number; lpPropVal?: Property };
  saveObject: { er?: number; sSaveObject?: SaveObject };
  loadObject: { er?: number; sSaveObject?: SaveObject };
  createFolder: { er?: number; sEntryId?: Buffer };
  'create-folders': { er?: number; entryids?: Buffer[] };
  deleteObjects: { result?: number };
  copyObjects: { result?: number };
  emptyFolder: { result?: number };
  deleteFolder: { result?: number };
  copyFolder: { result?: number };
  setReadFlags: { result?: number };
  setReceiveFolder: { result?: number };
  getReceiveFolder: { sReceiveFolder?: ReceiveFolder; er?: number };
  getReceiveFolderTable: { sFolderArray?: ReceiveFolder[]; er?: number };
  getMessageStatus: { ulMessageStatus?: number; er?: number };
  setMessageStatus: { ulMessageStatus?: number; er?: number };
  getIDsFromNames: { lpsPropTags?: number[]; er?: number };
  getNamesFromIDs: { lpsNames?: NamedProp[]; er?: number };
  notify: { pNotificationArray?: Notification[]; er?: number };
  notifySubscribe: { result?: number };
  notifySubscribeMulti: { result?: number };
  notifyUnSubscribe: { result?: number };
  notifyUnSubscribeMulti: { result?: number };
  notifyGetItems: { pNotificationArray?: Notification[]; er?: number };
  tableOpen: { er?: number; ulTableId?: number };
  tableClose: { result?: number };
  tableSetColumns: { result?: number };
  tableQueryColumns: { er?: number; sPropTagArray?: number[] };
  tableSort: { result?: number };
  tableRestrict: { result?: number };
  tableGetRowCount: { er?: number; ulCount?: number; ulRow?: number };
  tableQueryRows: { er?: number; sRowSet?: (Property[] | undefined)[] };
  tableFindRow: { result?: number };
  tableSeekRow: { er?: number; lRowsSought?: number };
  tableCreateBookmark: { er?: number; ulbkPosition?: number };
  tableFreeBookmark: { result?: number };
  tableSetSearchCriteria: { result?: number };
  tableGetSearchCriteria: { lpRestrict?: RestrictTable; lpFolderIDs?: Buffer[]; ulFlags?: number; er?: number };
  tableExpandRow: { er?: number; rowSet?: (Property[] | undefined)[]; ulMoreRows?: number };
  tableCollapseRow: { er?: number; ulRows?: number };
  tableGetCollapseState: { sCollapseState?: Buffer; er?: number };
  tableSetCollapseState: { ulBookmark?: number; er?: number };
  tableMulti: { er?: number; ulTableId?: number; sRowSet?: (Property[] | undefined)[] };
  submitMessage: { result?: number };
  finishedMessage: { result?: number };
  abortSubmit: { result?: number };
  resolveStore: {
    ulUserId?: number;
    sUserId?: Buffer;
    sStoreId?: Buffer;
    guid?: Buffer;
    er?: number;
    lpszServerPath?: string;
  };
  resolveUserStore: {
    ulUserId?: number;
    sUserId?: Buffer;
    sStoreId?: Buffer;
    guid?: Buffer;
    er?: number;
    lpszServerPath?: string;
  };
  createUser: { ulUserId?: number; sUserId?: Buffer; er?: number };
  deleteUser: { result?: number };
  removeAllObjects: { result?: number };
  getUser: { lpsUser?: User; er?: number };
  setUser: { result?: number };
  getUserList: { sUserArray?: User[]; er?: number };
  getSendAsList: { sUserArray?: User[]; er?: number };
  addSendAsUser: { result?: number };
  delSendAsUser: { result?: number };
  getUserClientUpdateStatus: {
    ulTrackId?: number;
    tUpdatetime?: string;
    lpszCurrentversion?: string;
    lpszLatestversion?: string;
    lpszComputername?: string;
    ulStatus?: number;
    er?: number;
  };
  purgeSoftDelete: { result?: number };
  purgeDeferredUpdates: { ulDeferredRemaining?: number; er?: number };
  purgeCache: { result?: number };
  createStore: { result?: number };
  removeStore: { result?: number };
  hookStore: { result?: number };
  unhookStore: { result?: number };
  getOwner: { ulOwner?: number; sOwner?: Buffer; er?: number };
  resolveUsername: { ulUserId?: number; sUserId?: Buffer; er?: number };
  createGroup: { ulGroupId?: number; sGroupId?: Buffer; er?: number };
  setGroup: { result?: number };
  getGroup: { lpsGroup?: Group; er?: number };
  getGroupList: { sGroupArray?: Group[]; er?: number };
  groupDelete: { result?: number };
  resolveGroupname: { ulGroupId?: number; sGroupId?: Buffer; er?: number };
  deleteGroupUser: { result?: number };
  addGroupUser: { result?: number };
  getUserListOfGroup: { sUserArray?: User[]; er?: number };
  getGroupListOfUser: { sGroupArray?: Group[]; er?: number };
  createCompany: { ulCompanyId?: number; sCompanyId?: Buffer; er?: number };
  deleteCompany: { result?: number };
  setCompany: { result?: number };
  getCompany: { lpsCompany?: Company; er?: number };
  resolveCompanyname: { ulCompanyId?: number; sCompanyId?: Buffer; er?: number };
  getCompanyList: { sCompanyArray?: Company[]; er?: number };
  addCompanyToRemoteViewList: { result?: number };
  delCompanyFromRemoteViewList: { result?: number };
  getRemoteViewList: { sCompanyArray?: Company[]; er?: number };
  addUserToRemoteAdminList: { result?: number };
  delUserFromRemoteAdminList: { result?: number };
  getRemoteAdminList: { sUserArray?: User[]; er?: number };
  checkExistObject: { result?: number };
  readABProps: { er?: number; aPropTag?: number[]; aPropVal?: Property[] };
  abResolveNames: { sRowSet?: (Property[] | undefined)[]; aFlags?: number[]; er?: number };
  syncUsers: { result?: number };
  setLockState: { result?: number };
  resetFolderCount: { ulUpdates?: number; er?: number };
  GetQuota: { sQuota?: Quota; er?: number };
  SetQuota: { result?: number };
  AddQuotaRecipient: { result?: number };
  DeleteQuotaRecipient: { result?: number };
  GetQuotaRecipients: { sUserArray?: User[]; er?: number };
  GetQuotaStatus: { llStoreSize?: bigint; ulQuotaStatus?: number; er?: number };
  getChanges: { sChangesArray?: IcsChange[]; ulMaxChangeId?: number; er?: number };
  setSyncStatus: { ulSyncId?: number; er?: number };
  getEntryIDFromSourceKey: { sEntryId?: Buffer; er?: number };
  getSyncStates: { sSyncStates?: SyncState[]; er?: number };
  getLicenseAuth: { sAuthResponse?: Buffer; er?: number };
  resolvePseudoUrl: { lpszServerPath?: string; bIsPeer?: boolean; er?: number };
  getServerDetails: { sServerList?: Server[]; er?: number };
  exportMessageChangesAsStream: { sMsgStreams?: MessageStream[]; er?: number };
  importMessageFromStream: { result?: number };
  getChangeInfo: { sPropPCL?: Property; sPropCK?: Property; er?: number };
  testPerform: { result?: number };
  testSet: { result?: number };
  testGet: { szValue?: string; er?: number };
  getClientUpdate: {
    ulLogLevel?: number;
    lpszServerPath?: string;
    sLicenseResponse?: Buffer;
    sStreamData?: BinarySource;
    er?: number;
  };
  setClientUpdateStatus: { er?: number };
}

export type OperationName = keyof Requests;

/** The fields of structures, in the order in which they stand on the wire. */
export const STRUCTS: Readonly<Record<string, readonly FieldDescriptor[]>> = {
  hiloLong: [
    ['hi', 'int'],
    ['lo', 'unsignedInt'],
  ],
  saveObject: [
    ['item', 'saveObject', 'many'],
    ['delProps', 'ArrayOfunsignedInt'],
    ['modProps', 'ArrayOfpropVal'],
    ['bDelete', 'boolean'],
    ['ulClientId', 'unsignedInt'],
    ['ulServerId', 'unsignedInt'],
    ['ulObjType', 'unsignedInt'],
    ['lpInstanceIds', 'entryList', 'optional'],
  ],
  sortOrder: [
    ['ulPropTag', 'unsignedInt'],
    ['ulOrder', 'unsignedInt'],
  ],
  tableOpenRequest: [
    ['sEntryId', 'base64Binary'],
    ['ulTableType', 'unsignedInt'],
    ['ulType', 'unsignedInt'],
    ['ulFlags', 'unsignedInt'],
  ],
  tableSortRequest: [
    ['sSortOrder', 'ArrayOfsortOrder'],
    ['ulCategories', 'unsignedInt'],
    ['ulExpanded', 'unsignedInt'],
  ],
  tableQueryRowsRequest: [
    ['ulCount', 'unsignedInt'],
    ['ulFlags', 'unsignedInt'],
  ],
  tableMultiRequest: [
    ['ulTableId', 'unsignedInt'],
    ['ulFlags', 'unsignedInt'],
    ['lpOpen', 'tableOpenRequest', 'optional'],
    ['lpSetColumns', 'ArrayOfunsignedInt', 'optional'],
    ['lpRestrict', 'restrictTable', 'optional'],
    ['lpSort', 'tableSortRequest', 'optional'],
    ['lpQueryRows', 'tableQueryRowsRequest', 'optional'],
  ],
  categoryState: [
    ['sProps', 'ArrayOfpropVal'],
    ['fExpanded', 'unsignedInt'],
  ],
  collapseState: [
    ['sCategoryStates', 'categoryStateArray'],
    ['sBookMarkProps', 'ArrayOfpropVal'],
  ],
  notificationObject: [
    ['pEntryId', 'base64Binary', 'optional'],
    ['ulObjType', 'unsignedInt'],
    ['pParentId', 'base64Binary', 'optional'],
    ['pOldId', 'base64Binary', 'optional'],
    ['pOldParentId', 'base64Binary', 'optional'],
    ['pPropTagArray', 'ArrayOfunsignedInt', 'optional'],
  ],
  notificationTable: [
    ['ulTableEvent', 'unsignedInt'],
    ['ulObjType', 'unsignedInt'],
    ['hResult', 'unsignedInt'],
    ['propIndex', 'propVal'],
    ['propPrior', 'propVal'],
    ['pRow', 'ArrayOfpropVal', 'optional'],
  ],
  notificationNewMail: [
    ['pEntryId', 'base64Binary', 'optional'],
    ['pParentId', 'base64Binary', 'optional'],
    ['lpszMessageClass', 'string', 'optional'],
    ['ulMessageFlags', 'unsignedInt'],
  ],
  notificationICS: [
    ['pSyncState', 'base64Binary', 'optional'],
    ['ulChangeType', 'unsignedInt'],
  ],
  notification: [
    ['ulConnection', 'unsignedInt'],
    ['ulEventType', 'unsignedInt'],
    ['obj', 'notificationObject', 'optional'],
    ['tab', 'notificationTable', 'optional'],
    ['newmail', 'notificationNewMail', 'optional'],
    ['ics', 'notificationICS', 'optional'],
  ],
  notifySyncState: [
    ['ulSyncId', 'unsignedInt'],
    ['ulChangeId', 'unsignedInt'],
  ],
  notifySubscribe: [
    ['ulConnection', 'unsignedInt'],
    ['sKey', 'base64Binary'],
    ['ulEventMask', 'unsignedInt'],
    ['sSyncState', 'notifySyncState'],
  ],
  rights: [
    ['ulUserid', 'unsignedInt'],
    ['ulType', 'unsignedInt'],
    ['ulRights', 'unsignedInt'],
    ['ulState', 'unsignedInt'],
    ['sUserId', 'base64Binary'],
  ],
  userobject: [
    ['lpszName', 'string', 'optional'],
    ['ulId', 'unsignedInt'],
    ['sId', 'base64Binary'],
    ['ulType', 'unsignedInt'],
  ],
  statObjectResponse: [
    ['ulSize', 'unsignedInt'],
    ['ftCreated', 'unsignedInt'],
    ['ftModified', 'unsignedInt'],
    ['er', 'unsignedInt'],
  ],
  namedProp: [
    ['lpId', 'unsignedInt', 'optional'],
    ['lpString', 'string', 'optional'],
    ['lpguid', 'base64Binary', 'optional'],
  ],
  restrictBitmask: [
    ['ulMask', 'unsignedInt'],
    ['ulPropTag', 'unsignedInt'],
    ['ulType', 'unsignedInt'],
  ],
  restrictCompare: [
    ['ulPropTag1', 'unsignedInt'],
    ['ulPropTag2', 'unsignedInt'],
    ['ulType', 'unsignedInt'],
  ],
  restrictContent: [
    ['ulFuzzyLevel', 'unsignedInt'],
    ['ulPropTag', 'unsignedInt'],
    ['lpProp', 'propVal', 'optional'],
  ],
  restrictExist: [['ulPropTag', 'unsignedInt']],
  restrictComment: [
    ['lpResTable', 'restrictTable', 'optional'],
    ['sProps', 'ArrayOfpropVal'],
  ],
  restrictNot: [['lpNot', 'restrictTable', 'optional']],
  restrictProp: [
    ['ulType', 'unsignedInt'],
    ['ulPropTag', 'unsignedInt'],
    ['lpProp', 'propVal', 'optional'],
  ],
  restrictSize: [
    ['ulType', 'unsignedInt'],
    ['ulPropTag', 'unsignedInt'],
    ['cb', 'unsignedInt'],
  ],
  restrictSub: [
    ['ulSubObject', 'unsignedInt'],
    ['lpSubObject', 'restrictTable', 'optional'],
  ],
  restrictTable: [
    ['ulType', 'unsignedInt'],
    ['lpAnd', 'restrictAnd', 'optional'],
    ['lpBitmask', 'restrictBitmask', 'optional'],
    ['lpCompare', 'restrictCompare', 'optional'],
    ['lpContent', 'restrictContent', 'optional'],
    ['lpExist', 'restrictExist', 'optional'],
    ['lpNot', 'restrictNot', 'optional'],
    ['lpOr', 'restrictOr', 'optional'],
    ['lpProp', 'restrictProp', 'optional'],
    ['lpSize', 'restrictSize', 'optional'],
    ['lpComment', 'restrictComment', 'optional'],
    ['lpSub', 'restrictSub', 'optional'],
  ],
  receiveFolder: [
    ['sEntryId', 'base64Binary'],
    ['lpszAExplicitClass', 'string', 'optional'],
  ],
  searchCriteria: [
    ['lpRestrict', 'restrictTable', 'optional'],
    ['lpFolders', 'entryList', 'optional'],
    ['ulFlags', 'unsignedInt'],
  ],
  propmapPair: [
    ['ulPropId', 'unsignedInt'],
    ['lpszValue', 'string', 'optional'],
  ],
  propmapMVPair: [
    ['ulPropId', 'unsignedInt'],
    ['sValues', 'ArrayOfstring'],
  ],
  user: [
    ['ulUserId', 'unsignedInt'],
    ['lpszUsername', 'string', 'optional'],
    ['lpszPassword', 'string', 'optional'],
    ['lpszMailAddress', 'string', 'optional'],
    ['lpszFullName', 'string', 'optional'],
    ['lpszServername', 'string', 'optional'],
    ['ulIsNonActive', 'unsignedInt'],
    ['ulIsAdmin', 'unsignedInt'],
    ['ulIsABHidden', 'unsignedInt'],
    ['ulCapacity', 'unsignedInt'],
    ['ulObjClass', 'unsignedInt'],
    ['lpsPropmap', 'propmapPairArray', 'optional'],
    ['lpsMVPropmap', 'propmapMVPairArray', 'optional'],
    ['sUserId', 'base64Binary'],
  ],
  group: [
    ['ulGroupId', 'unsignedInt'],
    ['sGroupId', 'base64Binary'],
    ['lpszGroupname', 'string', 'optional'],
    ['lpszFullname', 'string', 'optional'],
    ['lpszFullEmail', 'string', 'optional'],
    ['ulIsABHidden', 'unsignedInt'],
    ['lpsPropmap', 'propmapPairArray', 'optional'],
    ['lpsMVPropmap', 'propmapMVPairArray', 'optional'],
  ],
  company: [
    ['ulCompanyId', 'unsignedInt'],
    ['ulAdministrator', 'unsignedInt'],
    ['sCompanyId', 'base64Binary'],
    ['sAdministrator', 'base64Binary'],
    ['lpszCompanyname', 'string', 'optional'],
    ['lpszServername', 'string', 'optional'],
    ['ulIsABHidden', 'unsignedInt'],
    ['lpsPropmap', 'propmapPairArray', 'optional'],
    ['lpsMVPropmap', 'propmapMVPairArray', 'optional'],
  ],
  querySubMessageResponse: [
    ['sEntryId', 'base64Binary'],
    ['er', 'unsignedInt'],
  ],
  userProfileResponse: [
    ['szProfileName', 'string', 'optional'],
    ['szProfileAddress', 'string', 'optional'],
    ['er', 'unsignedInt'],
  ],
  readChunkResponse: [
    ['data', 'base64Binary'],
    ['er', 'unsignedInt'],
  ],
  moveCopy: [
    ['store', 'base64Binary'],
    ['folder', 'base64Binary'],
  ],
  reply: [
    ['message', 'base64Binary'],
    ['guid', 'base64Binary'],
  ],
  defer: [['bin', 'base64Binary']],
  action: [
    ['acttype', 'unsignedInt'],
    ['flavor', 'unsignedInt'],
    ['flags', 'unsignedInt'],
    ['moveCopy', 'moveCopy', 'optional'],
    ['reply', 'reply', 'optional'],
    ['defer', 'defer', 'optional'],
    ['bouncecode', 'unsignedInt', 'optional'],
    ['adrlist', 'ArrayOfArrayOfpropVal', 'optional'],
    ['prop', 'propVal', 'optional'],
  ],
  quota: [
    ['bUseDefaultQuota', 'boolean'],
    ['bIsUserDefaultQuota', 'boolean'],
    ['llWarnSize', 'long'],
    ['llSoftSize', 'long'],
    ['llHardSize', 'long'],
  ],
  icsChange: [
    ['ulChangeId', 'unsignedInt'],
    ['sSourceKey', 'base64Binary'],
    ['sParentSourceKey', 'base64Binary'],
    ['ulChangeType', 'unsignedInt'],
    ['ulFlags', 'unsignedInt'],
  ],
  server: [
    ['lpszName', 'string', 'optional'],
    ['lpszFilePath', 'string', 'optional'],
    ['lpszHttpPath', 'string', 'optional'],
    ['lpszSslPath', 'string', 'optional'],
    ['lpszPreferedPath', 'string', 'optional'],
    ['ulFlags', 'unsignedInt'],
  ],
  sourceKeyPair: [
    ['sParentKey', 'base64Binary'],
    ['sObjectKey', 'base64Binary'],
  ],
  messageStream: [
    ['ulStep', 'unsignedInt'],
    ['sPropVals', 'ArrayOfpropVal'],
    ['sStreamData', 'binary'],
  ],
  syncState: [
    ['ulSyncId', 'unsignedInt'],
    ['ulChangeId', 'unsignedInt'],
  ],
  'new-folder': [
    ['name', 'string', 'optional'],
    ['comment', 'string', 'optional'],
    ['entryid', 'base64Binary', 'optional'],
    ['open-if-exists', 'boolean'],
    ['type', 'unsignedInt'],
    ['sync-id', 'unsignedInt'],
    ['original-sourcekey', 'base64Binary'],
  ],
  attachment: [
    ['lpszAttachmentName', 'string', 'optional'],
    ['sData', 'binary'],
  ],
  clientUpdateInfoRequest: [
    ['ulTrackId', 'unsignedInt'],
    ['szUsername', 'string', 'optional'],
    ['szClientIPList', 'string', 'optional'],
    ['szClientVersion', 'string', 'optional'],
    ['szWindowsVersion', 'string', 'optional'],
    ['szComputerName', 'string', 'optional'],
    ['sLicenseReq', 'base64Binary'],
  ],
  clientUpdateStatusRequest: [
    ['ulTrackId', 'unsignedInt'],
    ['ulLastErrorCode', 'unsignedInt'],
    ['ulLastErrorAction', 'unsignedInt'],
    ['sFiles', 'attachmentArray'],
  ],
};

/** Lists: `item` is what repeats; `soapType` stands in SOAP-ENC:arrayType, where the list has that attribute. */
export const LISTS: Readonly<Record<string, { item: string; soapType?: string }>> = {
  ArrayOfshort: { item: 'short', soapType: 'xsd:short' },
  ArrayOfunsignedInt: { item: 'unsignedInt', soapType: 'xsd:unsignedInt' },
  ArrayOffloat: { item: 'float', soapType: 'xsd:float' },
  ArrayOfdouble: { item: 'double', soapType: 'xsd:double' },
  ArrayOfstring: { item: 'string', soapType: 'xsd:string' },
  ArrayOfhiloLong: { item: 'hiloLong', soapType: 'hiloLong' },
  ArrayOfbase64Binary: { item: 'base64Binary', soapType: 'xsd:base64Binary' },
  ArrayOflong: { item: 'long', soapType: 'xsd:long' },
  ArrayOfpropVal: { item: 'propVal', soapType: 'propVal' },
  entryList: { item: 'base64Binary' },
  ArrayOfsortOrder: { item: 'sortOrder', soapType: 'sortOrder' },
  ArrayOfArrayOfpropVal: { item: 'ArrayOfpropVal', soapType: 'propVal[]' },
  categoryStateArray: { item: 'categoryState' },
  notificationArray: { item: 'notification' },
  notifySubscribeArray: { item: 'notifySubscribe' },
  rightsArray: { item: 'rights' },
  userobjectArray: { item: 'userobject' },
  namedPropArray: { item: 'namedProp' },
  restrictAnd: { item: 'restrictTable' },
  restrictOr: { item: 'restrictTable' },
  receiveFoldersArray: { item: 'receiveFolder' },
  propmapPairArray: { item: 'propmapPair' },
  propmapMVPairArray: { item: 'propmapMVPair' },
  userArray: { item: 'user' },
  groupArray: { item: 'group' },
  companyArray: { item: 'company' },
  flagArray: { item: 'unsignedInt' },
  ArrayOfaction: { item: 'action', soapType: 'action' },
  icsChangesArray: { item: 'icsChange' },
  serverList: { item: 'server' },
  sourceKeyPairArray: { item: 'sourceKeyPair' },
  messageStreamArray: { item: 'messageStream' },
  syncStateArray: { item: 'syncState' },
  'new-folder-set': { item: 'new-folder' },
  testPerformArgs: { item: 'string' },
  attachmentArray: { item: 'attachment' },
};

/** Operations: the parts of the request, the element of the response and its parts. */
export const OPERATIONS: Readonly<
  Record<
    OperationName,
    { request: readonly FieldDescriptor[]; responseName: string; response: readonly FieldDescriptor[] }
  >
> = {
  logon: {
    request: [
      ['szUsername', 'string', 'optional'],
      ['szPassword', 'string', 'optional'],
      ['szImpersonateUser', 'string', 'optional'],
      ['szVersion', 'string', 'optional'],
      ['ulCapabilities', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
      ['sLicenseReq', 'base64Binary'],
      ['ullSessionGroup', 'unsignedLong'],
      ['szClientApp', 'string', 'optional'],
      ['szClientAppVersion', 'string', 'optional'],
      ['szClientAppMisc', 'string', 'optional'],
    ],
    responseName: 'logonResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulSessionId', 'unsignedLong'],
      ['lpszVersion', 'string', 'optional'],
      ['ulCapabilities', 'unsignedInt'],
      ['sLicenseResponse', 'base64Binary'],
      ['sServerGuid', 'base64Binary'],
    ],
  },
  ssoLogon: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['szUsername', 'string', 'optional'],
      ['szImpersonateUser', 'string', 'optional'],
      ['lpInput', 'base64Binary'],
      ['clientVersion', 'string', 'optional'],
      ['clientCaps', 'unsignedInt'],
      ['sLicenseReq', 'base64Binary'],
      ['ullSessionGroup', 'unsignedLong'],
      ['szClientApp', 'string', 'optional'],
      ['szClientAppVersion', 'string', 'optional'],
      ['szClientAppMisc', 'string', 'optional'],
    ],
    responseName: 'ssoLogonResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulSessionId', 'unsignedLong'],
      ['lpszVersion', 'string', 'optional'],
      ['ulCapabilities', 'unsignedInt'],
      ['lpOutput', 'base64Binary'],
      ['sLicenseResponse', 'base64Binary'],
      ['sServerGuid', 'base64Binary'],
    ],
  },
  getStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsEntryId', 'base64Binary', 'optional'],
    ],
    responseName: 'getStoreResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sStoreId', 'base64Binary'],
      ['sRootId', 'base64Binary'],
      ['guid', 'base64Binary'],
      ['lpszServerPath', 'string', 'optional'],
    ],
  },
  getStoreName: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'getStoreNameResponse',
    response: [
      ['lpszStoreName', 'string', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  getStoreType: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'getStoreTypeResponse',
    response: [
      ['ulStoreType', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  getPublicStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'getStoreResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sStoreId', 'base64Binary'],
      ['sRootId', 'base64Binary'],
      ['guid', 'base64Binary'],
      ['lpszServerPath', 'string', 'optional'],
    ],
  },
  logoff: {
    request: [['ulSessionId', 'unsignedLong']],
    responseName: 'logoffResponse',
    response: [['result', 'unsignedInt']],
  },
  getRights: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulType', 'int'],
    ],
    responseName: 'rightsResponse',
    response: [
      ['pRightsArray', 'rightsArray', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  setRights: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['lpsrightsArray', 'rightsArray', 'optional'],
    ],
    responseName: 'setRightsResponse',
    response: [['result', 'unsignedInt']],
  },
  loadProp: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulObjId', 'unsignedInt'],
      ['ulPropTag', 'unsignedInt'],
    ],
    responseName: 'loadPropResponse',
    response: [
      ['er', 'unsignedInt'],
      ['lpPropVal', 'propVal', 'optional'],
    ],
  },
  saveObject: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sParentEntryId', 'base64Binary'],
      ['sEntryId', 'base64Binary'],
      ['lpsSaveObj', 'saveObject', 'optional'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'loadObjectResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sSaveObject', 'saveObject'],
    ],
  },
  loadObject: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['lpsNotSubscribe', 'notifySubscribe', 'optional'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'loadObjectResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sSaveObject', 'saveObject'],
    ],
  },
  createFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sParentId', 'base64Binary'],
      ['lpsNewEntryId', 'base64Binary', 'optional'],
      ['ulType', 'unsignedInt'],
      ['szName', 'string', 'optional'],
      ['szComment', 'string', 'optional'],
      ['fOpenIfExists', 'boolean'],
      ['ulSyncId', 'unsignedInt'],
      ['sOrigSourceKey', 'base64Binary'],
    ],
    responseName: 'createFolderResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sEntryId', 'base64Binary'],
    ],
  },
  'create-folders': {
    request: [
      ['session-id', 'unsignedLong'],
      ['parent-eid', 'base64Binary'],
      ['batch', 'new-folder-set'],
    ],
    responseName: 'create-folders-response',
    response: [
      ['er', 'unsignedInt'],
      ['entryids', 'entryList'],
    ],
  },
  deleteObjects: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
      ['aMessages', 'entryList'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'deleteObjectsResponse',
    response: [['result', 'unsignedInt']],
  },
  copyObjects: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['aMessages', 'entryList'],
      ['sDestFolderId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'copyObjectsResponse',
    response: [['result', 'unsignedInt']],
  },
  emptyFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'emptyFolderResponse',
    response: [['result', 'unsignedInt']],
  },
  deleteFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'deleteFolderResponse',
    response: [['result', 'unsignedInt']],
  },
  copyFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['sDestFolderId', 'base64Binary'],
      ['lpszNewFolderName', 'string', 'optional'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'copyFolderResponse',
    response: [['result', 'unsignedInt']],
  },
  setReadFlags: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
      ['lpsEntryId', 'base64Binary', 'optional'],
      ['lpMessages', 'entryList', 'optional'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'setReadFlagsResponse',
    response: [['result', 'unsignedInt']],
  },
  setReceiveFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreId', 'base64Binary'],
      ['lpsEntryId', 'base64Binary', 'optional'],
      ['lpszMessageClass', 'string', 'optional'],
    ],
    responseName: 'setReceiveFolderResponse',
    response: [['result', 'unsignedInt']],
  },
  getReceiveFolder: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreId', 'base64Binary'],
      ['lpszMessageClass', 'string', 'optional'],
    ],
    responseName: 'receiveFolderResponse',
    response: [
      ['sReceiveFolder', 'receiveFolder'],
      ['er', 'unsignedInt'],
    ],
  },
  getReceiveFolderTable: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreId', 'base64Binary'],
    ],
    responseName: 'receiveFolderTableResponse',
    response: [
      ['sFolderArray', 'receiveFoldersArray'],
      ['er', 'unsignedInt'],
    ],
  },
  getMessageStatus: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'messageStatus',
    response: [
      ['ulMessageStatus', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  setMessageStatus: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulNewStatus', 'unsignedInt'],
      ['ulNewStatusMask', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'messageStatus',
    response: [
      ['ulMessageStatus', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  getIDsFromNames: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsNamedProps', 'namedPropArray', 'optional'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'getIDsFromNamesResponse',
    response: [
      ['lpsPropTags', 'ArrayOfunsignedInt', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  getNamesFromIDs: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsPropTags', 'ArrayOfunsignedInt', 'optional'],
    ],
    responseName: 'getNamesFromIDsResponse',
    response: [
      ['lpsNames', 'namedPropArray', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  notify: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sNotification', 'notification'],
    ],
    responseName: 'notifyResponse',
    response: [
      ['pNotificationArray', 'notificationArray', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  notifySubscribe: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['notifySubscribe', 'notifySubscribe'],
    ],
    responseName: 'notifySubscribeResponse',
    response: [['result', 'unsignedInt']],
  },
  notifySubscribeMulti: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['notifySubscribeArray', 'notifySubscribeArray'],
    ],
    responseName: 'notifySubscribeMultiResponse',
    response: [['result', 'unsignedInt']],
  },
  notifyUnSubscribe: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulConnection', 'unsignedInt'],
    ],
    responseName: 'notifyUnSubscribeResponse',
    response: [['result', 'unsignedInt']],
  },
  notifyUnSubscribeMulti: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulConnectionArray', 'ArrayOfunsignedInt'],
    ],
    responseName: 'notifyUnSubscribeMultiResponse',
    response: [['result', 'unsignedInt']],
  },
  notifyGetItems: {
    request: [['ulSessionId', 'unsignedLong']],
    responseName: 'notifyResponse',
    response: [
      ['pNotificationArray', 'notificationArray', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  tableOpen: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulTableType', 'unsignedInt'],
      ['ulType', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableOpenResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulTableId', 'unsignedInt'],
    ],
  },
  tableClose: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
    ],
    responseName: 'tableCloseResponse',
    response: [['result', 'unsignedInt']],
  },
  tableSetColumns: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['aPropTag', 'ArrayOfunsignedInt'],
    ],
    responseName: 'tableSetColumnsResponse',
    response: [['result', 'unsignedInt']],
  },
  tableQueryColumns: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableQueryColumnsResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sPropTagArray', 'ArrayOfunsignedInt'],
    ],
  },
  tableSort: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['aSortOrder', 'ArrayOfsortOrder'],
      ['ulCategories', 'unsignedInt'],
      ['ulExpanded', 'unsignedInt'],
    ],
    responseName: 'tableSortResponse',
    response: [['result', 'unsignedInt']],
  },
  tableRestrict: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['lpRestrict', 'restrictTable', 'optional'],
    ],
    responseName: 'tableRestrictResponse',
    response: [['result', 'unsignedInt']],
  },
  tableGetRowCount: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
    ],
    responseName: 'tableGetRowCountResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulCount', 'unsignedInt'],
      ['ulRow', 'unsignedInt'],
    ],
  },
  tableQueryRows: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['ulRowCount', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableQueryRowsResponse',
    response: [
      ['er', 'unsignedInt'],
      ['sRowSet', 'ArrayOfArrayOfpropVal'],
    ],
  },
  tableFindRow: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['ulBookmark', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
      ['lpsRestrict', 'restrictTable', 'optional'],
    ],
    responseName: 'tableFindRowResponse',
    response: [['result', 'unsignedInt']],
  },
  tableSeekRow: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['ulBookmark', 'unsignedInt'],
      ['lRowCount', 'int'],
    ],
    responseName: 'tableSeekRowResponse',
    response: [
      ['er', 'unsignedInt'],
      ['lRowsSought', 'int'],
    ],
  },
  tableCreateBookmark: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
    ],
    responseName: 'tableBookmarkResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulbkPosition', 'unsignedInt'],
    ],
  },
  tableFreeBookmark: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['ulbkPosition', 'unsignedInt'],
    ],
    responseName: 'tableFreeBookmarkResponse',
    response: [['result', 'unsignedInt']],
  },
  tableSetSearchCriteria: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['lpRestrict', 'restrictTable', 'optional'],
      ['lpFolders', 'entryList', 'optional'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableSetSearchCriteriaResponse',
    response: [['result', 'unsignedInt']],
  },
  tableGetSearchCriteria: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'tableGetSearchCriteriaResponse',
    response: [
      ['lpRestrict', 'restrictTable', 'optional'],
      ['lpFolderIDs', 'entryList', 'optional'],
      ['ulFlags', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  tableExpandRow: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['sInstanceKey', 'base64Binary'],
      ['ulRowCount', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableExpandRowResponse',
    response: [
      ['er', 'unsignedInt'],
      ['rowSet', 'ArrayOfArrayOfpropVal'],
      ['ulMoreRows', 'unsignedInt'],
    ],
  },
  tableCollapseRow: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['sInstanceKey', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'tableCollapseRowResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulRows', 'unsignedInt'],
    ],
  },
  tableGetCollapseState: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['sBookmark', 'base64Binary'],
    ],
    responseName: 'tableGetCollapseStateResponse',
    response: [
      ['sCollapseState', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  tableSetCollapseState: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulTableId', 'unsignedInt'],
      ['sCollapseState', 'base64Binary'],
    ],
    responseName: 'tableSetCollapseStateResponse',
    response: [
      ['ulBookmark', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  tableMulti: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sRequest', 'tableMultiRequest'],
    ],
    responseName: 'tableMultiResponse',
    response: [
      ['er', 'unsignedInt'],
      ['ulTableId', 'unsignedInt'],
      ['sRowSet', 'ArrayOfArrayOfpropVal'],
    ],
  },
  submitMessage: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'submitMessageResponse',
    response: [['result', 'unsignedInt']],
  },
  finishedMessage: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'finishedMessageResponse',
    response: [['result', 'unsignedInt']],
  },
  abortSubmit: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'abortSubmitResponse',
    response: [['result', 'unsignedInt']],
  },
  resolveStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreGuid', 'base64Binary'],
    ],
    responseName: 'resolveUserStoreResponse',
    response: [
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['sStoreId', 'base64Binary'],
      ['guid', 'base64Binary'],
      ['er', 'unsignedInt'],
      ['lpszServerPath', 'string', 'optional'],
    ],
  },
  resolveUserStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['szUserName', 'string', 'optional'],
      ['ulStoreTypeMask', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'resolveUserStoreResponse',
    response: [
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['sStoreId', 'base64Binary'],
      ['guid', 'base64Binary'],
      ['er', 'unsignedInt'],
      ['lpszServerPath', 'string', 'optional'],
    ],
  },
  createUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsUser', 'user', 'optional'],
    ],
    responseName: 'setUserResponse',
    response: [
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  deleteUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'deleteUserResponse',
    response: [['result', 'unsignedInt']],
  },
  removeAllObjects: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sExceptUserId', 'base64Binary'],
    ],
    responseName: 'removeAllObjectsResponse',
    response: [['result', 'unsignedInt']],
  },
  getUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'getUserResponse',
    response: [
      ['lpsUser', 'user', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  setUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsUser', 'user', 'optional'],
    ],
    responseName: 'setUserResponse',
    response: [['result', 'unsignedInt']],
  },
  getUserList: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'userListResponse',
    response: [
      ['sUserArray', 'userArray'],
      ['er', 'unsignedInt'],
    ],
  },
  getSendAsList: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'userListResponse',
    response: [
      ['sUserArray', 'userArray'],
      ['er', 'unsignedInt'],
    ],
  },
  addSendAsUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['ulSenderId', 'unsignedInt'],
      ['sSenderId', 'base64Binary'],
    ],
    responseName: 'addSendAsUserResponse',
    response: [['result', 'unsignedInt']],
  },
  delSendAsUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['ulSenderId', 'unsignedInt'],
      ['sSenderId', 'base64Binary'],
    ],
    responseName: 'delSendAsUserResponse',
    response: [['result', 'unsignedInt']],
  },
  getUserClientUpdateStatus: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'userClientUpdateStatusResponse',
    response: [
      ['ulTrackId', 'unsignedInt'],
      ['tUpdatetime', 'dateTime'],
      ['lpszCurrentversion', 'string', 'optional'],
      ['lpszLatestversion', 'string', 'optional'],
      ['lpszComputername', 'string', 'optional'],
      ['ulStatus', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  purgeSoftDelete: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulDays', 'unsignedInt'],
    ],
    responseName: 'purgeSoftDeleteResponse',
    response: [['result', 'unsignedInt']],
  },
  purgeDeferredUpdates: {
    request: [['ulSessionId', 'unsignedLong']],
    responseName: 'purgeDeferredUpdatesResponse',
    response: [
      ['ulDeferredRemaining', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  purgeCache: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'purgeCacheResponse',
    response: [['result', 'unsignedInt']],
  },
  createStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulStoreType', 'unsignedInt'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['sStoreId', 'base64Binary'],
      ['sRootId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'createStoreResponse',
    response: [['result', 'unsignedInt']],
  },
  removeStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreGuid', 'base64Binary'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'removeStoreResponse',
    response: [['result', 'unsignedInt']],
  },
  hookStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulStoreType', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['sStoreGuid', 'base64Binary'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'hookStoreResponse',
    response: [['result', 'unsignedInt']],
  },
  unhookStore: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulStoreType', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['ulSyncId', 'unsignedInt'],
    ],
    responseName: 'unhookStoreResponse',
    response: [['result', 'unsignedInt']],
  },
  getOwner: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'getOwnerResponse',
    response: [
      ['ulOwner', 'unsignedInt'],
      ['sOwner', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  resolveUsername: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpszUsername', 'string', 'optional'],
    ],
    responseName: 'resolveUserResponse',
    response: [
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  createGroup: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsGroup', 'group', 'optional'],
    ],
    responseName: 'setGroupResponse',
    response: [
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  setGroup: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsGroup', 'group', 'optional'],
    ],
    responseName: 'setGroupResponse',
    response: [['result', 'unsignedInt']],
  },
  getGroup: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
    ],
    responseName: 'getGroupResponse',
    response: [
      ['lpsGroup', 'group', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  getGroupList: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'groupListResponse',
    response: [
      ['sGroupArray', 'groupArray'],
      ['er', 'unsignedInt'],
    ],
  },
  groupDelete: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
    ],
    responseName: 'groupDeleteResponse',
    response: [['result', 'unsignedInt']],
  },
  resolveGroupname: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpszGroupname', 'string', 'optional'],
    ],
    responseName: 'resolveGroupResponse',
    response: [
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  deleteGroupUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'deleteGroupUserResponse',
    response: [['result', 'unsignedInt']],
  },
  addGroupUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'addGroupUserResponse',
    response: [['result', 'unsignedInt']],
  },
  getUserListOfGroup: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulGroupId', 'unsignedInt'],
      ['sGroupId', 'base64Binary'],
    ],
    responseName: 'userListResponse',
    response: [
      ['sUserArray', 'userArray'],
      ['er', 'unsignedInt'],
    ],
  },
  getGroupListOfUser: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'groupListResponse',
    response: [
      ['sGroupArray', 'groupArray'],
      ['er', 'unsignedInt'],
    ],
  },
  createCompany: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsCompany', 'company', 'optional'],
    ],
    responseName: 'setCompanyResponse',
    response: [
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  deleteCompany: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'deleteCompanyResponse',
    response: [['result', 'unsignedInt']],
  },
  setCompany: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpsCompany', 'company', 'optional'],
    ],
    responseName: 'setCompanyResponse',
    response: [['result', 'unsignedInt']],
  },
  getCompany: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'getCompanyResponse',
    response: [
      ['lpsCompany', 'company', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  resolveCompanyname: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpszCompanyname', 'string', 'optional'],
    ],
    responseName: 'resolveCompanyResponse',
    response: [
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  getCompanyList: {
    request: [['ulSessionId', 'unsignedLong']],
    responseName: 'companyListResponse',
    response: [
      ['sCompanyArray', 'companyArray'],
      ['er', 'unsignedInt'],
    ],
  },
  addCompanyToRemoteViewList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulSetCompanyId', 'unsignedInt'],
      ['sSetCompanyId', 'base64Binary'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'addCompanyToRemoteViewListResponse',
    response: [['result', 'unsignedInt']],
  },
  delCompanyFromRemoteViewList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulSetCompanyId', 'unsignedInt'],
      ['sSetCompanyId', 'base64Binary'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'delCompanyFromRemoteViewListResponse',
    response: [['result', 'unsignedInt']],
  },
  getRemoteViewList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'companyListResponse',
    response: [
      ['sCompanyArray', 'companyArray'],
      ['er', 'unsignedInt'],
    ],
  },
  addUserToRemoteAdminList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'addUserToRemoteAdminListResponse',
    response: [['result', 'unsignedInt']],
  },
  delUserFromRemoteAdminList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulUserId', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'delUserFromRemoteAdminListResponse',
    response: [['result', 'unsignedInt']],
  },
  getRemoteAdminList: {
    request: [
      ['ecSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'userListResponse',
    response: [
      ['sUserArray', 'userArray'],
      ['er', 'unsignedInt'],
    ],
  },
  checkExistObject: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'checkExistObjectResponse',
    response: [['result', 'unsignedInt']],
  },
  readABProps: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'readPropsResponse',
    response: [
      ['er', 'unsignedInt'],
      ['aPropTag', 'ArrayOfunsignedInt'],
      ['aPropVal', 'ArrayOfpropVal'],
    ],
  },
  abResolveNames: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpaPropTag', 'ArrayOfunsignedInt'],
      ['lpsRowSet', 'ArrayOfArrayOfpropVal', 'optional'],
      ['lpaFlags', 'flagArray'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'abResolveNamesResponse',
    response: [
      ['sRowSet', 'ArrayOfArrayOfpropVal'],
      ['aFlags', 'flagArray'],
      ['er', 'unsignedInt'],
    ],
  },
  syncUsers: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyId', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
    ],
    responseName: 'syncUsersResponse',
    response: [['result', 'unsignedInt']],
  },
  setLockState: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
      ['bLocked', 'boolean'],
    ],
    responseName: 'setLockStateResponse',
    response: [['result', 'unsignedInt']],
  },
  resetFolderCount: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'resetFolderCountResponse',
    response: [
      ['ulUpdates', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  GetQuota: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserid', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['bGetUserDefault', 'boolean'],
    ],
    responseName: 'quotaResponse',
    response: [
      ['sQuota', 'quota'],
      ['er', 'unsignedInt'],
    ],
  },
  SetQuota: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserid', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
      ['lpsQuota', 'quota', 'optional'],
    ],
    responseName: 'SetQuotaResponse',
    response: [['result', 'unsignedInt']],
  },
  AddQuotaRecipient: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyid', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
      ['ulRecipientId', 'unsignedInt'],
      ['sRecipientId', 'base64Binary'],
      ['ulType', 'unsignedInt'],
    ],
    responseName: 'AddQuotaRecipientResponse',
    response: [['result', 'unsignedInt']],
  },
  DeleteQuotaRecipient: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulCompanyid', 'unsignedInt'],
      ['sCompanyId', 'base64Binary'],
      ['ulRecipientId', 'unsignedInt'],
      ['sRecipientId', 'base64Binary'],
      ['ulType', 'unsignedInt'],
    ],
    responseName: 'DeleteQuotaRecipientResponse',
    response: [['result', 'unsignedInt']],
  },
  GetQuotaRecipients: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserid', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'userListResponse',
    response: [
      ['sUserArray', 'userArray'],
      ['er', 'unsignedInt'],
    ],
  },
  GetQuotaStatus: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulUserid', 'unsignedInt'],
      ['sUserId', 'base64Binary'],
    ],
    responseName: 'quotaStatus',
    response: [
      ['llStoreSize', 'long'],
      ['ulQuotaStatus', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  getChanges: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sSourceKeyFolder', 'base64Binary'],
      ['ulSyncId', 'unsignedInt'],
      ['ulChangeId', 'unsignedInt'],
      ['ulChangeType', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
      ['lpsRestrict', 'restrictTable', 'optional'],
    ],
    responseName: 'icsChangeResponse',
    response: [
      ['sChangesArray', 'icsChangesArray'],
      ['ulMaxChangeId', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  setSyncStatus: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sSourceKeyFolder', 'base64Binary'],
      ['ulSyncId', 'unsignedInt'],
      ['ulChangeId', 'unsignedInt'],
      ['ulChangeType', 'unsignedInt'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'setSyncStatusResponse',
    response: [
      ['ulSyncId', 'unsignedInt'],
      ['er', 'unsignedInt'],
    ],
  },
  getEntryIDFromSourceKey: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sStoreId', 'base64Binary'],
      ['folderSourceKey', 'base64Binary'],
      ['messageSourceKey', 'base64Binary'],
    ],
    responseName: 'getEntryIDFromSourceKeyResponse',
    response: [
      ['sEntryId', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  getSyncStates: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulaSyncId', 'ArrayOfunsignedInt'],
    ],
    responseName: 'getSyncStatesReponse',
    response: [
      ['sSyncStates', 'syncStateArray'],
      ['er', 'unsignedInt'],
    ],
  },
  getLicenseAuth: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sAuthData', 'base64Binary'],
    ],
    responseName: 'getLicenseAuthResponse',
    response: [
      ['sAuthResponse', 'base64Binary'],
      ['er', 'unsignedInt'],
    ],
  },
  resolvePseudoUrl: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['lpszPseudoUrl', 'string', 'optional'],
    ],
    responseName: 'resolvePseudoUrlResponse',
    response: [
      ['lpszServerPath', 'string', 'optional'],
      ['bIsPeer', 'boolean'],
      ['er', 'unsignedInt'],
    ],
  },
  getServerDetails: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['szaSvrNameList', 'ArrayOfstring'],
      ['ulFlags', 'unsignedInt'],
    ],
    responseName: 'getServerDetailsResponse',
    response: [
      ['sServerList', 'serverList'],
      ['er', 'unsignedInt'],
    ],
  },
  exportMessageChangesAsStream: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
      ['sPropTags', 'ArrayOfunsignedInt'],
      ['param-1', 'sourceKeyPairArray'],
      ['ulPropTag', 'unsignedInt'],
    ],
    responseName: 'exportMessageChangesAsStreamResponse',
    response: [
      ['sMsgStreams', 'messageStreamArray'],
      ['er', 'unsignedInt'],
    ],
  },
  importMessageFromStream: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['ulFlags', 'unsignedInt'],
      ['ulSyncId', 'unsignedInt'],
      ['sParentEntryId', 'base64Binary'],
      ['sEntryId', 'base64Binary'],
      ['bIsNew', 'boolean'],
      ['lpsConflictItems', 'propVal', 'optional'],
      ['sStreamData', 'binary'],
    ],
    responseName: 'importMessageFromStreamResponse',
    response: [['result', 'unsignedInt']],
  },
  getChangeInfo: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['sEntryId', 'base64Binary'],
    ],
    responseName: 'getChangeInfoResponse',
    response: [
      ['sPropPCL', 'propVal'],
      ['sPropCK', 'propVal'],
      ['er', 'unsignedInt'],
    ],
  },
  testPerform: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['cmd', 'string', 'optional'],
      ['sPerform', 'testPerformArgs'],
    ],
    responseName: 'testPerformResponse',
    response: [['result', 'unsignedInt']],
  },
  testSet: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['name', 'string', 'optional'],
      ['value', 'string', 'optional'],
    ],
    responseName: 'testSetResponse',
    response: [['result', 'unsignedInt']],
  },
  testGet: {
    request: [
      ['ulSessionId', 'unsignedLong'],
      ['name', 'string', 'optional'],
    ],
    responseName: 'testGetResponse',
    response: [
      ['szValue', 'string', 'optional'],
      ['er', 'unsignedInt'],
    ],
  },
  getClientUpdate: {
    request: [['sClientUpdateInfo', 'clientUpdateInfoRequest']],
    responseName: 'clientUpdateResponse',
    response: [
      ['ulLogLevel', 'unsignedInt'],
      ['lpszServerPath', 'string', 'optional'],
      ['sLicenseResponse', 'base64Binary'],
      ['sStreamData', 'binary'],
      ['er', 'unsignedInt'],
    ],
  },
  setClientUpdateStatus: {
    request: [['sClientUpdateStatus', 'clientUpdateStatusRequest']],
    responseName: 'clientUpdateStatusResponse',
    response: [['er', 'unsignedInt']],
  },
};
