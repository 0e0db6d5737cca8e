import { randomBytes } from 'node:crypto';
import { encodeEntryId } from '../shared/mapi/entry-id.ts';
import { OBJECT } from '../shared/mapi/property-document.ts';
import { collect } from '../shared/platform/collect.ts';
import {
  OPERATIONS,
  type OperationName,
  type Requests,
  type Responses,
  type User,
} from '../shared/protocol/soap/interface.ts';
import type { BinarySource, Property } from '../shared/protocol/soap/types.ts';
import type { Problem } from '../shared/store/upkeep/fsck.ts';
import { logonRequest, SoapClient } from './clients/soap-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Calls every operation of the interface: as somebody who may, and looks at what it has done; before that as a colleague without the right
// and as an administrator of another company, who both must be refused, or be told nothing of what is asked about.

type Values<Name extends OperationName> = Partial<Omit<Requests[Name], 'ulSessionId' | 'ecSessionId' | 'session-id'>>;

interface Check<Name extends OperationName> {
  /** Who may; anna, whose store it is, where nothing is said. */
  as?: 'system';
  request(): Promise<Values<Name>> | Values<Name>;
  /** Whether it has done what it says. */
  holds(answer: Responses[Name], values: Values<Name>): Promise<boolean> | boolean;
  /** Why a colleague is not refused. */
  open?: string;
  /** Why even somebody of another company is not refused: what is told is their own, or nobody's. */
  public?: string;
  /** The operation is not there, and says so. */
  unsupported?: string;
}

const NOT_FOUND = 0x80000002;
const NO_SUPPORT = 0x80000018;
const END_OF_SESSION = 0x80000010;
const SECRET = 'a secret subject';
const TAG = { SUBJECT: 0x0037001f, CLASS: 0x001a001f, NAME: 0x3001001f, ENTRYID: 0x0fff0102, SOURCE_KEY: 0x65e00102 };
const ALL = 0x7fffffff;

const stack = await startTemporaryStack({
  durable: false,
  options: { outgoing_transport: 'smtp', smtp_server: '127.0.0.1', smtp_port: 9 },
});
const failures: string[] = [];
let covered = 0;
let problems: Problem[] = [];
try {
  await stack.tenant('a.test', ['anna', 'bert', 'dora']);
  await stack.tenant('b.test', ['boss', 'cleo']);
  const tcp = { port: stack.port('store-server', 'soap') };
  const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  const userOf = async (name: string): Promise<User> => {
    const { sUserId } = await system.call('resolveUsername', { lpszUsername: name });
    return (await system.call('getUser', { sUserId: sUserId ?? Buffer.alloc(0) })).lpsUser as User;
  };
  await system.call('setUser', { lpsUser: { ...(await userOf('boss@b.test')), ulIsAdmin: 1 } });
  const anna = await SoapClient.logon(tcp, 'anna@a.test', 'pass');
  const bert = await SoapClient.logon(tcp, 'bert@a.test', 'pass');
  const boss = await SoapClient.logon(tcp, 'boss@b.test', 'pass');

  const store = await anna.call('getStore', {});
  const guid = store.guid ?? Buffer.alloc(0);
  const storeId = store.sStoreId ?? Buffer.alloc(0);
  const inbox = (await anna.call('getReceiveFolder', { sStoreId: storeId, lpszMessageClass: 'IPM' })).sReceiveFolder
    ?.sEntryId as Buffer;
  const users = {
    anna: await userOf('anna@a.test'),
    bert: await userOf('bert@a.test'),
    dora: await userOf('dora@a.test'),
  };
  const company = async (name: string): Promise<Buffer> =>
    (await system.call('resolveCompanyname', { lpszCompanyname: name })).sCompanyId as Buffer;
  const companyA = await company('a.test');

  const newId = (type: number): Buffer => encodeEntryId({ store: guid, type, guid: randomBytes(16) });
  const text = (tag: number, value: string): Property => ({ tag, value });
  const object = (modProps: Property[], ulServerId = 0, ulObjType: number = OBJECT.MESSAGE) => ({
    delProps: [],
    modProps,
    bDelete: false,
    ulClientId: 0,
    ulServerId,
    ulObjType,
  });
  const message = async (subject = SECRET, folder = inbox): Promise<Buffer> => {
    const sEntryId = newId(OBJECT.MESSAGE);
    const { er } = await anna.call('saveObject', {
      sParentEntryId: folder,
      sEntryId,
      lpsSaveObj: object([text(TAG.CLASS, 'IPM.Note'), text(TAG.SUBJECT, subject)]),
    });
    if (er !== 0) throw new Error(`no message could be made: 0x${er?.toString(16)}`);
    return sEntryId;
  };
  let folders = 0;
  const folder = async (type = 1): Promise<Buffer> => {
    const { sEntryId, er } = await anna.call('createFolder', {
      sParentId: inbox,
      ulType: type,
      szName: `secret folder ${++folders}`,
      szComment: '',
      fOpenIfExists: false,
    });
    if (er !== 0) throw new Error(`no folder could be made: 0x${er?.toString(16)}`);
    return sEntryId as Buffer;
  };
  const properties = async (sEntryId: Buffer): Promise<Map<number, unknown>> => {
    const { sSaveObject } = await anna.call('loadObject', { sEntryId });
    return new Map((sSaveObject?.modProps ?? []).map(({ tag, value }) => [tag, value]));
  };
  const exists = async (sEntryId: Buffer, ulFlags = 0): Promise<boolean> =>
    (await anna.call('checkExistObject', { sEntryId, ulFlags })).result === 0;
  const rows = async (
    client: SoapClient,
    sEntryId: Buffer,
    ulTableType = 1,
    ulType: number = OBJECT.MESSAGE,
    columns = [TAG.SUBJECT],
  ) => {
    const { ulTableId = 0 } = await client.call('tableOpen', { sEntryId, ulTableType, ulType });
    await client.call('tableSetColumns', { ulTableId, aPropTag: columns });
    const { sRowSet } = await client.call('tableQueryRows', { ulTableId, ulRowCount: ALL });
    await client.call('tableClose', { ulTableId });
    return sRowSet ?? [];
  };
  const full = await folder();
  for (const subject of ['b two', 'a one', 'a three']) await message(subject, full);
  const table = async (sorted = false): Promise<number> => {
    const { ulTableId = 0 } = await anna.call('tableOpen', { sEntryId: full, ulTableType: 1, ulType: OBJECT.MESSAGE });
    await anna.call('tableSetColumns', { ulTableId, aPropTag: [TAG.SUBJECT, 0x0ff60102] });
    if (sorted)
      await anna.call('tableSort', {
        ulTableId,
        aSortOrder: [{ ulPropTag: TAG.CLASS, ulOrder: 0 }],
        ulCategories: 1,
        ulExpanded: 1,
      });
    return ulTableId;
  };
  const subjects = async (ulTableId: number): Promise<string[]> => {
    const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: ALL });
    return (sRowSet ?? []).map((row) => String(row?.find(({ tag }) => tag === TAG.SUBJECT)?.value));
  };
  const hasSubject = (value: string, ulFuzzyLevel = 0x10001) => ({
    ulType: 3,
    lpContent: { ulFuzzyLevel, ulPropTag: TAG.SUBJECT, lpProp: text(TAG.SUBJECT, value) },
  });
  let names = 0;
  const newUser = async (): Promise<User> => {
    const login = `extra${++names}@a.test`;
    const { er } = await system.call('createUser', { lpsUser: asUser(login) });
    if (er !== 0) throw new Error(`no user could be made: 0x${er?.toString(16)}`);
    return userOf(login);
  };
  const asUser = (login: string): User => ({
    ulUserId: 0,
    lpszUsername: login,
    lpszPassword: 'password',
    lpszMailAddress: login,
    lpszFullName: 'Extra',
    ulIsNonActive: 0,
    ulIsAdmin: 0,
    ulIsABHidden: 0,
    ulCapacity: 0,
    ulObjClass: 0x10001,
  });
  const newGroup = async (): Promise<Buffer> => {
    const { sGroupId, er } = await system.call('createGroup', {
      lpsGroup: { ulGroupId: 0, lpszGroupname: `group${++names}@a.test`, lpszFullname: 'Group', ulIsABHidden: 0 },
    });
    if (er !== 0) throw new Error(`no group could be made: 0x${er?.toString(16)}`);
    return sGroupId as Buffer;
  };
  const newCompany = async (): Promise<Buffer> => {
    const { sCompanyId, er } = await system.call('createCompany', {
      lpsCompany: { ulCompanyId: 0, ulAdministrator: 0, lpszCompanyname: `extra${++names}.test`, ulIsABHidden: 0 },
    });
    if (er !== 0) throw new Error(`no company could be made: 0x${er?.toString(16)}`);
    return sCompanyId as Buffer;
  };
  const membersOf = async (sGroupId: Buffer): Promise<string[]> =>
    ((await system.call('getUserListOfGroup', { sGroupId })).sUserArray ?? []).map((user) => user.lpszUsername ?? '');
  const senders = async (sUserId: Buffer): Promise<string[]> =>
    ((await system.call('getSendAsList', { sUserId })).sUserArray ?? []).map((user) => user.lpszUsername ?? '');
  const viewers = async (sCompanyId: Buffer): Promise<string[]> =>
    ((await system.call('getRemoteViewList', { sCompanyId })).sCompanyArray ?? []).map(
      (one) => one.lpszCompanyname ?? '',
    );
  const administrators = async (sCompanyId: Buffer): Promise<string[]> =>
    ((await system.call('getRemoteAdminList', { sCompanyId })).sUserArray ?? []).map((user) => user.lpszUsername ?? '');
  const recipients = async (sUserId: Buffer): Promise<string[]> =>
    ((await system.call('GetQuotaRecipients', { sUserId })).sUserArray ?? []).map((user) => user.lpszUsername ?? '');
  const sendable = async (): Promise<Buffer> => {
    const sEntryId = newId(OBJECT.MESSAGE);
    const recipient = object(
      [
        text(0x3001001f, 'out'),
        text(0x3002001f, 'SMTP'),
        text(0x3003001f, 'out@elsewhere.test'),
        { tag: 0x0c150003, value: 1 },
        { tag: 0x30000003, value: 0 },
      ],
      0,
      OBJECT.MAIL_USER,
    );
    const { er } = await anna.call('saveObject', {
      sParentEntryId: inbox,
      sEntryId,
      lpsSaveObj: {
        ...object([text(TAG.CLASS, 'IPM.Note'), text(TAG.SUBJECT, SECRET), { tag: 0x0e070003, value: 9 }]),
        item: [recipient],
      },
    });
    if (er !== 0) throw new Error(`no message could be made: 0x${er?.toString(16)}`);
    return sEntryId;
  };
  const submitted = async (): Promise<Buffer> => {
    const sEntryId = await sendable();
    await anna.call('submitMessage', { sEntryId });
    return sEntryId;
  };
  const queued = async (): Promise<number> => (await rows(anna, storeId, 3)).length;
  const sourceKey = async (sEntryId: Buffer): Promise<Buffer> =>
    (await properties(sEntryId)).get(TAG.SOURCE_KEY) as Buffer;
  const newSync = async (): Promise<number> =>
    (await anna.call('setSyncStatus', { sSourceKeyFolder: await sourceKey(full), ulChangeType: 1 })).ulSyncId ?? 0;
  const stream = async (sObjectKey: Buffer): Promise<Buffer> => {
    const { sMsgStreams } = await anna.call('exportMessageChangesAsStream', {
      ulPropTag: TAG.ENTRYID,
      sPropTags: [],
      'param-1': [{ sObjectKey, sParentKey: inbox }],
    });
    const source = sMsgStreams?.[0]?.sStreamData;
    if (!source) throw new Error('no message was exported');
    return collect(source);
  };
  /** Bytes that can be sent more than once. */
  const bytesOf = (bytes: Buffer): BinarySource => ({
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  });
  const waitFor = async (holds: () => Promise<boolean>): Promise<boolean> => {
    for (let tries = 0; tries < 50; tries++) {
      if (await holds()) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  };
  const orphan = async (): Promise<Buffer> => {
    const user = await newUser();
    const owned = await system.call('resolveUserStore', { szUserName: user.lpszUsername ?? '', ulStoreTypeMask: 0 });
    await system.call('unhookStore', { ulStoreType: 0, sUserId: user.sUserId ?? Buffer.alloc(0) });
    return owned.guid as Buffer;
  };
  const ids = ({ sUserId }: User): Buffer => sUserId ?? Buffer.alloc(0);
  const logOnAgain = async (): Promise<void> => {
    for (const [client, login] of [
      [anna, 'anna@a.test'],
      [bert, 'bert@a.test'],
      [boss, 'boss@b.test'],
    ] as const)
      client.session = (await SoapClient.logon(tcp, login, 'pass')).session;
  };
  const everybody = 'every user has sessions';
  const directory = 'colleagues are in the address book';
  const ownAnswer = 'it is about the caller';

  const checks: { [Name in OperationName]: Check<Name> } = {
    logon: {
      request: () => logonRequest('anna@a.test', 'pass'),
      holds: ({ er, ulSessionId }) => er === 0 && ulSessionId !== undefined,
      open: everybody,
      public: everybody,
    },
    ssoLogon: {
      request: () => ({ szUsername: 'anna@a.test', lpInput: Buffer.from('KCOIDC') }),
      holds: ({ er }) => er === NO_SUPPORT,
      unsupported: 'the hook of single sign-on has nothing behind it',
    },
    logoff: {
      request: () => ({}),
      holds: async () => {
        const { er } = await anna.call('getStore', {});
        await logOnAgain();
        return er === END_OF_SESSION;
      },
      open: everybody,
      public: everybody,
    },
    getStore: {
      request: () => ({ lpsEntryId: storeId }),
      holds: (answer) => answer.guid?.equals(guid) === true,
      open: 'a store may be opened; what is in it has rights',
    },
    getStoreName: {
      request: () => ({ sEntryId: storeId }),
      holds: ({ lpszStoreName }) => lpszStoreName === 'Inbox - anna',
      open: directory,
    },
    getStoreType: {
      request: () => ({ sEntryId: storeId }),
      holds: ({ er, ulStoreType }) => er === 0 && ulStoreType === 0,
      open: directory,
    },
    getPublicStore: {
      request: () => ({}),
      holds: async ({ sStoreId, er }) =>
        er === 0 && (await properties(sStoreId as Buffer)).get(TAG.NAME) === 'Public Folders',
      open: 'the public store is for all',
      public: ownAnswer,
    },
    getRights: { request: () => ({ sEntryId: full, ulType: 3 }), holds: ({ er }) => er === 0 },
    setRights: {
      request: async () => ({
        sEntryId: await folder(),
        lpsrightsArray: [{ ulUserid: 0, sUserId: ids(users.dora), ulType: 2, ulRights: 0x401, ulState: 1 }],
      }),
      holds: async (_, { sEntryId }) =>
        (await anna.call('getRights', { sEntryId: sEntryId as Buffer, ulType: 2 })).pRightsArray?.[0]?.ulRights ===
        0x401,
    },
    loadProp: {
      request: async () => ({ sEntryId: await message(), ulPropTag: TAG.SUBJECT }),
      holds: ({ lpPropVal }) => lpPropVal?.value === SECRET,
    },
    saveObject: {
      request: async () => {
        const sEntryId = await message();
        const { sSaveObject } = await anna.call('loadObject', { sEntryId });
        return {
          sParentEntryId: inbox,
          sEntryId,
          lpsSaveObj: object([text(TAG.SUBJECT, 'new')], sSaveObject?.ulServerId),
        };
      },
      holds: async (_, { sEntryId }) => (await properties(sEntryId as Buffer)).get(TAG.SUBJECT) === 'new',
    },
    loadObject: {
      request: async () => ({ sEntryId: await message() }),
      holds: ({ sSaveObject }) => sSaveObject?.modProps?.some(({ value }) => value === SECRET) === true,
    },
    createFolder: {
      request: () => ({ sParentId: inbox, ulType: 1, szName: `made ${++names}`, szComment: 'c', fOpenIfExists: false }),
      holds: async ({ sEntryId }, { szName }) => (await properties(sEntryId as Buffer)).get(TAG.NAME) === szName,
    },
    'create-folders': {
      request: () => ({
        'parent-eid': inbox,
        batch: [`one ${++names}`, `two ${++names}`].map((name) => ({
          name,
          comment: '',
          'open-if-exists': false,
          type: 1,
          'sync-id': 0,
        })),
      }),
      holds: async (_, { batch }) =>
        (await rows(anna, inbox, 1, OBJECT.FOLDER, [TAG.NAME])).filter((row) =>
          batch?.some(({ name }) => name === row?.[0]?.value),
        ).length === 2,
    },
    deleteObjects: {
      request: async () => ({ aMessages: [await message()] }),
      holds: async (_, { aMessages }) => !(await exists(aMessages?.[0] as Buffer)),
    },
    copyObjects: {
      request: async () => ({ aMessages: [await message()], sDestFolderId: await folder() }),
      holds: async (_, { sDestFolderId }) => (await rows(anna, sDestFolderId as Buffer)).length === 1,
    },
    emptyFolder: {
      request: async () => {
        const sEntryId = await folder();
        await message(SECRET, sEntryId);
        return { sEntryId };
      },
      holds: async (_, { sEntryId }) => (await rows(anna, sEntryId as Buffer)).length === 0,
    },
    deleteFolder: {
      request: async () => ({ sEntryId: await folder(), ulFlags: 5 }),
      holds: async (_, { sEntryId }) => !(await exists(sEntryId as Buffer)),
    },
    copyFolder: {
      request: async () => ({ sEntryId: full, sDestFolderId: inbox, lpszNewFolderName: `copy ${++names}`, ulFlags: 0 }),
      holds: async (_, { lpszNewFolderName }) =>
        (await rows(anna, inbox, 1, OBJECT.FOLDER, [TAG.NAME])).some((row) => row?.[0]?.value === lpszNewFolderName),
    },
    setReadFlags: {
      request: async () => ({ lpMessages: [await message()] }),
      holds: async (_, { lpMessages }) =>
        (Number((await properties(lpMessages?.[0] as Buffer)).get(0x0e070003)) & 1) === 1,
    },
    setReceiveFolder: {
      request: async () => ({ sStoreId: storeId, lpsEntryId: await folder(), lpszMessageClass: 'IPM.Check' }),
      holds: async (_, { lpsEntryId }) =>
        (
          await anna.call('getReceiveFolder', { sStoreId: storeId, lpszMessageClass: 'IPM.Check' })
        ).sReceiveFolder?.sEntryId?.equals(lpsEntryId as Buffer) === true,
    },
    getReceiveFolder: {
      request: () => ({ sStoreId: storeId, lpszMessageClass: 'IPM' }),
      holds: ({ sReceiveFolder }) => sReceiveFolder?.sEntryId?.equals(inbox) === true,
      open: 'delegates ask where mail goes',
    },
    getReceiveFolderTable: {
      request: () => ({ sStoreId: storeId }),
      holds: ({ sFolderArray }) => (sFolderArray ?? []).length > 0,
      open: 'delegates ask where mail goes',
    },
    getMessageStatus: {
      request: async () => ({ sEntryId: await message() }),
      holds: ({ er, ulMessageStatus }) => er === 0 && ulMessageStatus === 0,
    },
    setMessageStatus: {
      request: async () => ({ sEntryId: await message(), ulNewStatus: 8, ulNewStatusMask: 8 }),
      holds: async (_, { sEntryId }) =>
        (await anna.call('getMessageStatus', { sEntryId: sEntryId as Buffer })).ulMessageStatus === 8,
    },
    getIDsFromNames: {
      request: () => ({ lpsNamedProps: [{ lpString: 'check', lpguid: guid }], ulFlags: 2 }),
      holds: async ({ lpsPropTags }) =>
        (await anna.call('getNamesFromIDs', { lpsPropTags: lpsPropTags ?? [] })).lpsNames?.[0]?.lpString === 'check',
      open: 'names are a company’s',
      public: 'names are a company’s: the other gets numbers of its own',
    },
    getNamesFromIDs: {
      request: async () => ({
        lpsPropTags:
          (await anna.call('getIDsFromNames', { lpsNamedProps: [{ lpString: SECRET, lpguid: guid }], ulFlags: 2 }))
            .lpsPropTags ?? [],
      }),
      holds: ({ lpsNames }) => lpsNames?.[0]?.lpString === SECRET,
      open: 'names are a company’s',
      public: 'names are a company’s: the number is another name there, or none',
    },
    notify: {
      request: async () => ({
        sNotification: {
          ulConnection: 0,
          ulEventType: 2,
          newmail: { pEntryId: await message(), pParentId: inbox, lpszMessageClass: 'IPM.Note', ulMessageFlags: 0 },
        },
      }),
      holds: ({ er }) => er === 0,
    },
    notifySubscribe: {
      request: () => ({ notifySubscribe: { ulConnection: 1, sKey: inbox, ulEventMask: 0x10 } }),
      holds: async () => {
        await message();
        const { pNotificationArray } = await anna.call('notifyGetItems', {});
        return pNotificationArray?.some(({ ulConnection }) => ulConnection === 1) === true;
      },
    },
    notifySubscribeMulti: {
      request: async () => ({ notifySubscribeArray: [{ ulConnection: 2, sKey: await folder(), ulEventMask: 0x10 }] }),
      holds: async (_, { notifySubscribeArray }) => {
        await message(SECRET, notifySubscribeArray?.[0]?.sKey as Buffer);
        for (let tries = 0; tries < 5; tries++) {
          const { pNotificationArray } = await anna.call('notifyGetItems', {});
          if (pNotificationArray?.some(({ ulConnection }) => ulConnection === 2)) return true;
        }
        return false;
      },
    },
    notifyUnSubscribe: {
      request: () => ({ ulConnection: 1 }),
      holds: ({ result }) => result === 0,
      open: ownAnswer,
      public: ownAnswer,
    },
    notifyUnSubscribeMulti: {
      request: () => ({ ulConnectionArray: [2] }),
      holds: ({ result }) => result === 0,
      open: ownAnswer,
      public: ownAnswer,
    },
    notifyGetItems: {
      request: async () => {
        await anna.call('notifySubscribe', { notifySubscribe: { ulConnection: 3, sKey: full, ulEventMask: 0x10 } });
        await message(SECRET, full);
        return {};
      },
      holds: ({ er, pNotificationArray }) => er === 0 && (pNotificationArray ?? []).length > 0,
      open: 'a session is told of what it subscribed to',
      public: 'a session is told of what it subscribed to',
    },
    tableOpen: {
      request: () => ({ sEntryId: full, ulTableType: 1, ulType: OBJECT.MESSAGE }),
      holds: async ({ ulTableId = 0 }) => ((await anna.call('tableGetRowCount', { ulTableId })).ulCount ?? 0) >= 3,
    },
    tableClose: {
      request: async () => ({ ulTableId: await table() }),
      holds: async (_, { ulTableId = 0 }) => (await anna.call('tableGetRowCount', { ulTableId })).er !== 0,
    },
    tableSetColumns: {
      request: async () => ({ ulTableId: await table(), aPropTag: [TAG.CLASS] }),
      holds: async (_, { ulTableId = 0 }) => {
        const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
        return sRowSet?.[0]?.[0]?.value === 'IPM.Note';
      },
    },
    tableQueryColumns: {
      request: async () => ({ ulTableId: await table(), ulFlags: 1 }),
      holds: ({ sPropTagArray }) => (sPropTagArray ?? []).includes(TAG.ENTRYID),
    },
    tableSort: {
      request: async () => ({ ulTableId: await table(), aSortOrder: [{ ulPropTag: TAG.SUBJECT, ulOrder: 0 }] }),
      holds: async (_, { ulTableId = 0 }) => (await subjects(ulTableId))[0]?.startsWith('a ') === true,
    },
    tableRestrict: {
      request: async () => ({ ulTableId: await table(), lpRestrict: hasSubject('TWO') }),
      holds: async (_, { ulTableId = 0 }) => (await subjects(ulTableId)).join() === 'b two',
    },
    tableGetRowCount: {
      request: async () => ({ ulTableId: await table() }),
      holds: ({ ulCount }) => (ulCount ?? 0) >= 3,
    },
    tableQueryRows: {
      request: async () => ({ ulTableId: await table(), ulRowCount: 10 }),
      holds: ({ sRowSet }) => (sRowSet ?? []).length >= 3,
    },
    tableFindRow: {
      request: async () => ({ ulTableId: await table(), ulBookmark: 0, lpsRestrict: hasSubject('a three', 0) }),
      holds: async (_, { ulTableId = 0 }) => (await subjects(ulTableId))[0] === 'a three',
    },
    tableSeekRow: {
      request: async () => ({ ulTableId: await table(), ulBookmark: 0, lRowCount: 2 }),
      holds: async ({ lRowsSought }, { ulTableId = 0 }) =>
        lRowsSought === 2 && (await subjects(ulTableId)).join() === (await subjects(await table())).slice(2).join(),
    },
    tableCreateBookmark: {
      request: async () => ({ ulTableId: await table() }),
      holds: ({ er, ulbkPosition }) => er === 0 && (ulbkPosition ?? 0) > 2,
    },
    tableFreeBookmark: {
      request: async () => {
        const ulTableId = await table();
        return { ulTableId, ulbkPosition: (await anna.call('tableCreateBookmark', { ulTableId })).ulbkPosition ?? 0 };
      },
      holds: async (_, { ulTableId = 0, ulbkPosition = 0 }) =>
        (await anna.call('tableSeekRow', { ulTableId, ulBookmark: ulbkPosition, lRowCount: 0 })).er !== 0,
    },
    tableSetSearchCriteria: {
      request: async () => ({
        sEntryId: await folder(2),
        lpRestrict: hasSubject('two'),
        lpFolders: [full],
        ulFlags: 2,
      }),
      holds: (_, { sEntryId }) => waitFor(async () => (await rows(anna, sEntryId as Buffer)).length === 1),
    },
    tableGetSearchCriteria: {
      request: async () => {
        const sEntryId = await folder(2);
        await anna.call('tableSetSearchCriteria', {
          sEntryId,
          lpRestrict: hasSubject(SECRET),
          lpFolders: [full],
          ulFlags: 2,
        });
        return { sEntryId };
      },
      holds: ({ lpRestrict }) => lpRestrict?.lpContent?.lpProp?.value === SECRET,
    },
    tableExpandRow: {
      request: async () => {
        const ulTableId = await table(true);
        const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
        const sInstanceKey = sRowSet?.[0]?.find(({ tag }) => tag === 0x0ff60102)?.value as Buffer;
        await anna.call('tableCollapseRow', { ulTableId, sInstanceKey });
        return { ulTableId, sInstanceKey, ulRowCount: 10 };
      },
      holds: ({ rowSet, er }) => er === 0 && (rowSet ?? []).length >= 3,
    },
    tableCollapseRow: {
      request: async () => {
        const ulTableId = await table(true);
        const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 1 });
        return { ulTableId, sInstanceKey: sRowSet?.[0]?.find(({ tag }) => tag === 0x0ff60102)?.value as Buffer };
      },
      holds: ({ ulRows, er }) => er === 0 && (ulRows ?? 0) >= 3,
    },
    tableGetCollapseState: {
      request: async () => ({ ulTableId: await table(true), sBookmark: Buffer.alloc(0) }),
      holds: ({ er }) => er === 0,
    },
    tableSetCollapseState: {
      request: async () => {
        const ulTableId = await table(true);
        const { sCollapseState } = await anna.call('tableGetCollapseState', { ulTableId, sBookmark: Buffer.alloc(0) });
        return { ulTableId, sCollapseState: sCollapseState ?? Buffer.alloc(0) };
      },
      holds: ({ er }) => er === 0,
    },
    tableMulti: {
      request: () => ({
        sRequest: {
          ulTableId: 0,
          ulFlags: 0,
          lpOpen: { sEntryId: full, ulTableType: 1, ulType: OBJECT.MESSAGE, ulFlags: 0 },
          lpSetColumns: [TAG.SUBJECT],
          lpQueryRows: { ulCount: 10, ulFlags: 0 },
        },
      }),
      holds: ({ sRowSet }) => (sRowSet ?? []).length >= 3,
    },
    submitMessage: {
      request: async () => ({ sEntryId: await sendable() }),
      holds: async () => (await queued()) > 0,
    },
    finishedMessage: {
      request: async () => ({ sEntryId: await submitted() }),
      holds: ({ result }) => result === 0,
    },
    abortSubmit: {
      request: async () => ({ sEntryId: await submitted() }),
      holds: ({ result }) => result === 0,
    },
    resolveStore: {
      request: () => ({ sStoreGuid: guid }),
      holds: ({ ulUserId }) => ulUserId === users.anna.ulUserId,
      open: directory,
    },
    resolveUserStore: {
      request: () => ({ szUserName: 'anna@a.test' }),
      holds: (answer) => answer.guid?.equals(guid) === true,
      open: directory,
    },
    createUser: {
      as: 'system',
      request: () => ({ lpsUser: asUser(`made${++names}@a.test`) }),
      holds: async (_, { lpsUser }) =>
        (await SoapClient.logon(tcp, lpsUser?.lpszUsername ?? '', 'password')).session !== 0n,
    },
    deleteUser: {
      as: 'system',
      request: async () => ({ sUserId: ids(await newUser()) }),
      holds: async (_, { sUserId }) => (await system.call('getUser', { sUserId: sUserId as Buffer })).er !== 0,
    },
    removeAllObjects: {
      as: 'system',
      request: () => ({ sExceptUserId: ids(users.anna) }),
      holds: ({ result }) => result === NO_SUPPORT,
      unsupported: 'a server that hosts companies empties none at a word',
    },
    getUser: {
      request: () => ({ sUserId: ids(users.anna) }),
      holds: ({ lpsUser }) => lpsUser?.lpszUsername === 'anna@a.test',
      open: directory,
    },
    setUser: {
      as: 'system',
      request: async () => ({ lpsUser: { ...(await newUser()), lpszFullName: 'Another Name' } }),
      holds: async (_, { lpsUser }) => (await userOf(lpsUser?.lpszUsername ?? '')).lpszFullName === 'Another Name',
    },
    getUserList: {
      request: () => ({ sCompanyId: companyA }),
      holds: ({ sUserArray }) => (sUserArray ?? []).some(({ lpszUsername }) => lpszUsername === 'anna@a.test'),
      open: directory,
    },
    getSendAsList: {
      as: 'system',
      request: async () => {
        const sUserId = ids(await newUser());
        await system.call('addSendAsUser', { sUserId, sSenderId: ids(users.anna) });
        return { sUserId };
      },
      holds: ({ sUserArray }) => sUserArray?.[0]?.lpszUsername === 'anna@a.test',
      open: directory,
    },
    addSendAsUser: {
      as: 'system',
      request: async () => ({ sUserId: ids(await newUser()), sSenderId: ids(users.bert) }),
      holds: async (_, { sUserId }) => (await senders(sUserId as Buffer)).includes('bert@a.test'),
    },
    delSendAsUser: {
      as: 'system',
      request: async () => {
        const sUserId = ids(await newUser());
        await system.call('addSendAsUser', { sUserId, sSenderId: ids(users.bert) });
        return { sUserId, sSenderId: ids(users.bert) };
      },
      holds: async (_, { sUserId }) => (await senders(sUserId as Buffer)).length === 0,
    },
    getUserClientUpdateStatus: {
      as: 'system',
      request: () => ({ sUserId: ids(users.anna) }),
      holds: ({ er }) => er === NO_SUPPORT,
      unsupported: 'clients are not updated from a server, as of Kopano 11',
    },
    purgeSoftDelete: {
      as: 'system',
      request: async () => {
        const gone = await message();
        await anna.call('deleteObjects', { aMessages: [gone] });
        return { ulDays: 0 };
      },
      holds: async () => {
        const { ulTableId = 0 } = await anna.call('tableOpen', {
          sEntryId: inbox,
          ulTableType: 1,
          ulType: OBJECT.MESSAGE,
          ulFlags: 2,
        });
        return (await anna.call('tableGetRowCount', { ulTableId })).ulCount === 0;
      },
    },
    purgeDeferredUpdates: {
      as: 'system',
      request: () => ({}),
      holds: ({ er }) => er === NOT_FOUND,
    },
    purgeCache: { as: 'system', request: () => ({}), holds: ({ result }) => result === 0 },
    createStore: {
      as: 'system',
      request: async () => ({ ulStoreType: 2, sUserId: ids(await newUser()) }),
      holds: async (_, { sUserId }) => {
        const login = (await system.call('getUser', { sUserId: sUserId as Buffer })).lpsUser?.lpszUsername ?? '';
        return (await system.call('resolveUserStore', { szUserName: login, ulStoreTypeMask: 4 })).er === 0;
      },
    },
    removeStore: {
      as: 'system',
      request: async () => ({ sStoreGuid: await orphan() }),
      holds: async (_, { sStoreGuid }) =>
        (await system.call('resolveStore', { sStoreGuid: sStoreGuid as Buffer })).er !== 0,
    },
    hookStore: {
      as: 'system',
      request: async () => {
        const sStoreGuid = await orphan();
        const sUserId = ids(await newUser());
        await system.call('unhookStore', { ulStoreType: 0, sUserId });
        return { ulStoreType: 0, sUserId, sStoreGuid };
      },
      holds: async (_, { sUserId, sStoreGuid }) =>
        (await system.call('resolveStore', { sStoreGuid: sStoreGuid as Buffer })).sUserId?.equals(sUserId as Buffer) ===
        true,
    },
    unhookStore: {
      as: 'system',
      request: async () => ({ ulStoreType: 0, sUserId: ids(await newUser()) }),
      holds: async (_, { sUserId }) => {
        const login = (await system.call('getUser', { sUserId: sUserId as Buffer })).lpsUser?.lpszUsername ?? '';
        return (await system.call('resolveUserStore', { szUserName: login })).er !== 0;
      },
    },
    getOwner: {
      request: () => ({ sEntryId: inbox }),
      holds: ({ ulOwner }) => ulOwner === users.anna.ulUserId,
      open: directory,
    },
    resolveUsername: {
      request: () => ({ lpszUsername: 'anna@a.test' }),
      holds: ({ ulUserId }) => ulUserId === users.anna.ulUserId,
      open: directory,
    },
    createGroup: {
      as: 'system',
      request: () => ({
        lpsGroup: { ulGroupId: 0, lpszGroupname: `made${++names}@a.test`, lpszFullname: 'Made', ulIsABHidden: 0 },
      }),
      holds: async ({ sGroupId }) =>
        (await system.call('getGroup', { sGroupId: sGroupId as Buffer })).lpsGroup?.lpszFullname === 'Made',
    },
    setGroup: {
      as: 'system',
      request: async () => ({
        lpsGroup: { ulGroupId: 0, sGroupId: await newGroup(), lpszFullname: 'Renamed', ulIsABHidden: 0 },
      }),
      holds: async (_, { lpsGroup }) =>
        (await system.call('getGroup', { sGroupId: lpsGroup?.sGroupId as Buffer })).lpsGroup?.lpszFullname ===
        'Renamed',
    },
    getGroup: {
      request: async () => ({ sGroupId: await newGroup() }),
      holds: ({ lpsGroup }) => lpsGroup?.lpszFullname === 'Group',
      open: directory,
    },
    getGroupList: {
      request: async () => {
        await newGroup();
        return { sCompanyId: companyA };
      },
      holds: ({ sGroupArray }) => (sGroupArray ?? []).length > 1,
      open: directory,
    },
    groupDelete: {
      as: 'system',
      request: async () => ({ sGroupId: await newGroup() }),
      holds: async (_, { sGroupId }) => (await system.call('getGroup', { sGroupId: sGroupId as Buffer })).er !== 0,
    },
    resolveGroupname: {
      request: async () => ({
        lpszGroupname: (await system.call('getGroup', { sGroupId: await newGroup() })).lpsGroup?.lpszGroupname ?? '',
      }),
      holds: ({ er, sGroupId }) => er === 0 && sGroupId !== undefined,
      open: directory,
    },
    deleteGroupUser: {
      as: 'system',
      request: async () => {
        const sGroupId = await newGroup();
        await system.call('addGroupUser', { sGroupId, sUserId: ids(users.bert) });
        return { sGroupId, sUserId: ids(users.bert) };
      },
      holds: async (_, { sGroupId }) => (await membersOf(sGroupId as Buffer)).length === 0,
    },
    addGroupUser: {
      as: 'system',
      request: async () => ({ sGroupId: await newGroup(), sUserId: ids(users.bert) }),
      holds: async (_, { sGroupId }) => (await membersOf(sGroupId as Buffer)).includes('bert@a.test'),
    },
    getUserListOfGroup: {
      request: async () => {
        const sGroupId = await newGroup();
        await system.call('addGroupUser', { sGroupId, sUserId: ids(users.bert) });
        return { sGroupId };
      },
      holds: ({ sUserArray }) => sUserArray?.[0]?.lpszUsername === 'bert@a.test',
      open: directory,
    },
    getGroupListOfUser: {
      request: async () => {
        await system.call('addGroupUser', { sGroupId: await newGroup(), sUserId: ids(users.anna) });
        return { sUserId: ids(users.anna) };
      },
      holds: ({ sGroupArray }) => (sGroupArray ?? []).length >= 2,
      open: directory,
    },
    createCompany: {
      as: 'system',
      request: () => ({
        lpsCompany: { ulCompanyId: 0, ulAdministrator: 0, lpszCompanyname: `made${++names}.test`, ulIsABHidden: 0 },
      }),
      holds: async (_, { lpsCompany }) =>
        (await system.call('resolveCompanyname', { lpszCompanyname: lpsCompany?.lpszCompanyname ?? '' })).er === 0,
    },
    deleteCompany: {
      as: 'system',
      request: async () => ({ sCompanyId: await newCompany() }),
      holds: async (_, { sCompanyId }) =>
        (await system.call('getCompany', { sCompanyId: sCompanyId as Buffer })).er !== 0,
    },
    setCompany: {
      as: 'system',
      request: async () => ({
        lpsCompany: { ulCompanyId: 0, ulAdministrator: 0, sCompanyId: companyA, ulIsABHidden: 0 },
      }),
      holds: ({ result }) => result === 0,
    },
    getCompany: {
      request: () => ({ sCompanyId: companyA }),
      holds: ({ lpsCompany }) => lpsCompany?.lpszCompanyname === 'a.test',
      open: directory,
    },
    resolveCompanyname: {
      request: () => ({ lpszCompanyname: 'a.test' }),
      holds: ({ er }) => er === 0,
      open: directory,
    },
    getCompanyList: {
      request: () => ({}),
      holds: ({ sCompanyArray }) => sCompanyArray?.length === 1 && sCompanyArray[0]?.lpszCompanyname === 'a.test',
      open: ownAnswer,
      public: 'each sees the companies that exist for them',
    },
    addCompanyToRemoteViewList: {
      as: 'system',
      request: async () => ({ sSetCompanyId: companyA, sCompanyId: await newCompany() }),
      holds: async () => (await viewers(companyA)).length === 1,
    },
    delCompanyFromRemoteViewList: {
      as: 'system',
      request: async () => {
        const [seen, viewer] = [await newCompany(), await newCompany()];
        await system.call('addCompanyToRemoteViewList', { sSetCompanyId: seen, sCompanyId: viewer });
        return { sSetCompanyId: seen, sCompanyId: viewer };
      },
      holds: async (_, { sSetCompanyId }) => (await viewers(sSetCompanyId as Buffer)).length === 0,
    },
    getRemoteViewList: { as: 'system', request: () => ({ sCompanyId: companyA }), holds: ({ er }) => er === 0 },
    addUserToRemoteAdminList: {
      as: 'system',
      request: async () => ({ sUserId: ids(users.dora), sCompanyId: await newCompany() }),
      holds: async (_, { sCompanyId }) => (await administrators(sCompanyId as Buffer)).includes('dora@a.test'),
    },
    delUserFromRemoteAdminList: {
      as: 'system',
      request: async () => {
        const sCompanyId = await newCompany();
        await system.call('addUserToRemoteAdminList', { sUserId: ids(users.dora), sCompanyId });
        return { sUserId: ids(users.dora), sCompanyId };
      },
      holds: async (_, { sCompanyId }) => (await administrators(sCompanyId as Buffer)).length === 0,
    },
    getRemoteAdminList: { as: 'system', request: () => ({ sCompanyId: companyA }), holds: ({ er }) => er === 0 },
    checkExistObject: {
      request: async () => ({ sEntryId: await message() }),
      holds: ({ result }) => result === 0,
      open: 'an entry id is not guessed: whoever has it may know that it is there',
    },
    readABProps: {
      request: () => ({ sEntryId: ids(users.anna) }),
      holds: ({ aPropVal }) => (aPropVal ?? []).some(({ value }) => value === 'anna@a.test'),
      open: directory,
    },
    abResolveNames: {
      request: () => ({
        lpaPropTag: [TAG.ENTRYID, 0x39fe001f],
        lpsRowSet: [[text(TAG.NAME, 'anna')]],
        lpaFlags: [0],
      }),
      holds: async ({ aFlags }, values) =>
        aFlags?.[0] === 2 && (await boss.call('abResolveNames', values)).aFlags?.[0] === 0,
      open: directory,
      public: 'a name that one does not know stays unresolved',
    },
    syncUsers: { as: 'system', request: () => ({ sCompanyId: companyA }), holds: ({ result }) => result === 0 },
    setLockState: {
      request: async () => ({ sEntryId: await message(), bLocked: true }),
      holds: async (_, { sEntryId }) => {
        const other = await SoapClient.logon(tcp, 'anna@a.test', 'pass');
        const { result } = await other.call('setLockState', { sEntryId: sEntryId as Buffer, bLocked: true });
        return result !== 0;
      },
    },
    resetFolderCount: { request: () => ({ sEntryId: full }), holds: ({ er }) => er === 0 },
    GetQuota: {
      request: () => ({ sUserId: ids(users.anna) }),
      holds: ({ sQuota }) => sQuota?.bUseDefaultQuota === true,
    },
    SetQuota: {
      as: 'system',
      request: () => ({
        sUserId: ids(users.dora),
        lpsQuota: {
          bUseDefaultQuota: false,
          bIsUserDefaultQuota: false,
          llWarnSize: 1000n,
          llSoftSize: 2000n,
          llHardSize: 3000n,
        },
      }),
      holds: async () => (await system.call('GetQuota', { sUserId: ids(users.dora) })).sQuota?.llHardSize === 3000n,
    },
    AddQuotaRecipient: {
      as: 'system',
      request: () => ({ sCompanyId: companyA, sRecipientId: ids(users.dora), ulType: 0x10001 }),
      holds: async () => (await recipients(ids(users.anna))).includes('dora@a.test'),
    },
    DeleteQuotaRecipient: {
      as: 'system',
      request: async () => {
        await system.call('AddQuotaRecipient', {
          sCompanyId: companyA,
          sRecipientId: ids(users.dora),
          ulType: 0x10001,
        });
        return { sCompanyId: companyA, sRecipientId: ids(users.dora), ulType: 0x10001 };
      },
      holds: async () => !(await recipients(ids(users.anna))).includes('dora@a.test'),
    },
    GetQuotaRecipients: {
      as: 'system',
      request: () => ({ sUserId: ids(users.anna) }),
      holds: ({ sUserArray }) => (sUserArray ?? []).some(({ lpszUsername }) => lpszUsername === 'anna@a.test'),
    },
    GetQuotaStatus: {
      request: () => ({ sUserId: ids(users.anna) }),
      holds: ({ llStoreSize }) => (llStoreSize ?? 0n) > 0n,
    },
    getChanges: {
      request: async () => ({
        sSourceKeyFolder: await sourceKey(full),
        ulSyncId: await newSync(),
        ulChangeType: 1,
        ulFlags: 0x20,
      }),
      holds: async ({ sChangesArray }) => {
        const book = async (ulChangeId: number) => {
          const request = { sSourceKeyFolder: Buffer.alloc(0), ulSyncId: 0, ulChangeId, ulChangeType: 3, ulFlags: 0 };
          return anna.call('getChanges', request);
        };
        const all = await book(0);
        const { lpszUsername = '', sUserId = Buffer.alloc(0) } = await newUser();
        const made = await book(all.ulMaxChangeId ?? 0);
        await system.call('deleteUser', { ulUserId: 0, sUserId });
        const gone = await book(made.ulMaxChangeId ?? 0);
        const kinds = (answer: typeof all) => answer.sChangesArray?.map(({ ulChangeType }) => ulChangeType) ?? [];
        return (
          lpszUsername !== '' &&
          (sChangesArray ?? []).length >= 3 &&
          kinds(all).length > 2 &&
          kinds(made).join() === String(0x4001) &&
          kinds(gone).join() === String(0x4004)
        );
      },
    },
    setSyncStatus: {
      request: async () => ({ sSourceKeyFolder: await sourceKey(full), ulChangeType: 1, ulChangeId: 7 }),
      holds: async ({ ulSyncId = 0 }) =>
        (await anna.call('getSyncStates', { ulaSyncId: [ulSyncId] })).sSyncStates?.[0]?.ulChangeId === 7,
    },
    getEntryIDFromSourceKey: {
      request: async () => ({
        sStoreId: storeId,
        folderSourceKey: await sourceKey(full),
        messageSourceKey: Buffer.alloc(0),
      }),
      holds: ({ sEntryId }) => sEntryId?.equals(full) === true,
    },
    getSyncStates: {
      request: async () => ({ ulaSyncId: [await newSync()] }),
      holds: ({ sSyncStates }) => sSyncStates?.length === 1,
      open: 'a client is told of its own synchronisations',
      public: 'a client is told of its own synchronisations',
    },
    getLicenseAuth: {
      as: 'system',
      request: () => ({ sAuthData: Buffer.alloc(0) }),
      holds: ({ er }) => er !== 0,
      open: everybody,
      public: everybody,
    },
    resolvePseudoUrl: {
      request: () => ({ lpszPseudoUrl: 'pseudo://Unknown' }),
      holds: ({ bIsPeer }) => bIsPeer === true,
      open: everybody,
      public: everybody,
    },
    getServerDetails: {
      request: () => ({ szaSvrNameList: ['Unknown'] }),
      holds: ({ sServerList }) => sServerList?.length === 1,
      open: everybody,
      public: everybody,
    },
    exportMessageChangesAsStream: {
      request: async () => ({
        ulPropTag: TAG.ENTRYID,
        sPropTags: [],
        'param-1': [{ sObjectKey: await message(), sParentKey: inbox }],
      }),
      holds: async ({ sMsgStreams }, values) =>
        sMsgStreams?.length === 1 &&
        (await boss.call('exportMessageChangesAsStream', values)).sMsgStreams?.length === 0,
      public: 'what is not there, or may not be known of, is left out',
    },
    importMessageFromStream: {
      request: async () => ({
        sParentEntryId: await folder(),
        sEntryId: newId(OBJECT.MESSAGE),
        bIsNew: true,
        sStreamData: bytesOf(await stream(await message('streamed'))),
      }),
      holds: async (_, { sEntryId }) => (await properties(sEntryId as Buffer)).get(TAG.SUBJECT) === 'streamed',
    },
    getChangeInfo: {
      request: async () => ({ sEntryId: await message() }),
      holds: ({ er, sPropCK }) => er === 0 && sPropCK !== undefined,
    },
    testPerform: {
      as: 'system',
      request: () => ({ cmd: 'kill_sessions', sPerform: [] }),
      holds: async ({ result }) => {
        const killed = (await anna.call('getStore', {})).er !== 0;
        await logOnAgain();
        return result === 0 && killed;
      },
    },
    testSet: {
      as: 'system',
      request: () => ({ name: 'check', value: SECRET }),
      holds: async () => (await system.call('testGet', { name: 'check' })).szValue === SECRET,
    },
    testGet: { as: 'system', request: () => ({ name: 'ping' }), holds: ({ szValue }) => szValue === 'pong' },
    getClientUpdate: {
      request: () => ({ sClientUpdateInfo: { ulTrackId: 1 } }),
      holds: ({ er }) => er === NO_SUPPORT,
      unsupported: 'clients are not updated from a server, as of Kopano 11',
    },
    setClientUpdateStatus: {
      request: () => ({ sClientUpdateStatus: { ulTrackId: 1 } as never }),
      holds: ({ er }) => er === NO_SUPPORT,
      unsupported: 'clients are not updated from a server, as of Kopano 11',
    },
  };

  const shown = (answer: unknown): string =>
    JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)).slice(0, 300);
  const run = async <Name extends OperationName>(name: Name, check: Check<Name>): Promise<string[]> => {
    const wrong: string[] = [];
    const values = await check.request();
    const refused = async (client: SoapClient, who: string) => {
      const answer = (await client.call(name, values)) as { er?: number; result?: number };
      if ((answer.er ?? answer.result ?? 0) === 0) wrong.push(`${who} was not refused: ${shown(answer)}`);
    };
    const colleague = check.as === 'system' ? anna : bert;
    if (!check.unsupported) {
      if (!check.open)
        await refused(colleague, check.as === 'system' ? 'somebody who administers nothing' : 'a colleague');
      if (!check.public) await refused(boss, 'an administrator of another company');
    }
    const answer = await (check.as === 'system' ? system : anna).call(name, values);
    if (!(await check.holds(answer, values))) wrong.push(`did not do it: ${shown(answer)}`);
    return wrong;
  };
  // Who administers a company must not become an administrator of the system.
  const higher = await userOf('cleo@b.test');
  await system.call('setUser', { lpsUser: { ...higher, ulIsAdmin: 2 } });
  const attempts = {
    'a password of an administrator of the system': {
      lpsUser: { ...higher, ulIsAdmin: 2, lpszPassword: 'taken over' },
    },
    'a level of their own': { lpsUser: { ...(await userOf('boss@b.test')), ulIsAdmin: 2 } },
  };
  for (const [what, values] of Object.entries(attempts))
    if ((await boss.call('setUser', values)).result === 0)
      failures.push(`setUser: a company's administrator set ${what}`);
  if ((await boss.call('deleteUser', { sUserId: ids(higher) })).result === 0)
    failures.push("deleteUser: a company's administrator deleted one of the system");
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const wrong = await run(name, checks[name] as never).catch((error: unknown) => [String(error)]);
    if (wrong.length === 0) covered++;
    for (const line of wrong) failures.push(`${name}: ${line}`);
  }
  problems = await stack.fsck();
} finally {
  await stack.stop();
}
for (const line of [...failures, ...problems.map((problem) => `fsck: ${JSON.stringify(problem)}`)]) console.log(line);
console.log(`soap-coverage: ${covered} of ${Object.keys(OPERATIONS).length} operations`);
process.exit(failures.length + problems.length > 0 ? 1 : 0);
