import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { decodeEntryId, encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { tenantOrder, userOrder } from '../clients/api-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { Attack, Target } from './attack.ts';

const NAME = PR.DISPLAY_NAME;
const SUBJECT = PR.SUBJECT;
/** How long a server may use rights that it has cached. */
const FRESH_MS = 5_000;
const SOURCE_KEY = PR.SOURCE_KEY;
const READ_AND_SEE = 0x401;
const OWNER = 0x5fb;
const SECRETARY = 0x47b;
/** KCERR_NO_ACCESS */
const NO_ACCESS = 0x80000003;
/** KCERR_COLLISION */
const COLLISION = 0x80000008;

/** An owner with a shared folder and a private one below it, which holds a secret, and a guest with `rights` on the shared folder alone. */
async function household({ stack }: Target, domain: string, rights: number) {
  await stack.tenant(domain, ['owner', 'guest']);
  const address = { port: stack.port('store-server', 'soap') };
  const owner = await SoapClient.logon(address, `owner@${domain}`, 'pass');
  const guest = await SoapClient.logon(address, `guest@${domain}`, 'pass');
  const theirs = await openStore(owner);
  const mine = await openStore(guest);
  const open = await makeFolder(owner, theirs.inbox, 'open');
  const closed = await makeFolder(owner, open, 'closed');
  await save(owner, theirs.guid, closed, 'a secret');
  await save(owner, theirs.guid, open, 'no secret');
  const { sUserId } = await owner.call('resolveUsername', { lpszUsername: `guest@${domain}` });
  const allow = (sEntryId: Buffer, ulRights: number) =>
    owner.call('setRights', {
      sEntryId,
      lpsrightsArray: [{ ulUserid: 0, sUserId: sUserId ?? Buffer.alloc(0), ulType: 2, ulRights, ulState: 1 }],
    });
  await allow(open, rights);
  await allow(closed, 0);
  return { owner, guest, theirs, mine, open, closed };
}

async function grant(owner: SoapClient, sEntryId: Buffer, login: string, ulRights: number): Promise<void> {
  const { sUserId = Buffer.alloc(0) } = await owner.call('resolveUsername', { lpszUsername: login });
  const lpsrightsArray = [{ ulUserid: 0, sUserId, ulType: 2, ulRights, ulState: 1 }];
  await owner.call('setRights', { sEntryId, lpsrightsArray });
}

async function openStore(client: SoapClient) {
  const { guid = Buffer.alloc(0), sStoreId = Buffer.alloc(0) } = await client.call('getStore', {});
  const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
  return { guid, sStoreId, inbox: sReceiveFolder?.sEntryId ?? Buffer.alloc(0) };
}

async function makeFolder(client: SoapClient, sParentId: Buffer, szName: string, ulType = 1): Promise<Buffer> {
  const { er, sEntryId } = await client.call('createFolder', { sParentId, ulType, szName, szComment: '' });
  if (er !== 0 || !sEntryId) throw new Error(`createFolder ${szName}: 0x${er?.toString(16)}`);
  return sEntryId;
}

async function save(
  client: SoapClient,
  store: Buffer,
  sParentEntryId: Buffer,
  subject: string,
  sourceKey?: Buffer,
): Promise<void> {
  const guid = Buffer.from(crypto.getRandomValues(new Uint8Array(16)));
  const modProps = [
    { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
    { tag: SUBJECT, value: subject },
    ...(sourceKey ? [{ tag: SOURCE_KEY, value: sourceKey }] : []),
  ];
  const lpsSaveObj = {
    delProps: [],
    modProps,
    bDelete: false,
    ulClientId: 0,
    ulServerId: 0,
    ulObjType: OBJECT.MESSAGE,
  };
  const sEntryId = encodeEntryId({ store, type: OBJECT.MESSAGE, guid });
  const { er } = await client.call('saveObject', { sParentEntryId, sEntryId, lpsSaveObj });
  if (er !== 0) throw new Error(`saveObject ${subject}: 0x${er?.toString(16)}`);
}

/** The first column of all rows of a table. */
async function listed(client: SoapClient, sEntryId: Buffer, ulType: number, column: number, ulFlags = 0) {
  const { ulTableId = 0 } = await client.call('tableOpen', { sEntryId, ulTableType: 1, ulType, ulFlags });
  await client.call('tableSetColumns', { ulTableId, aPropTag: [column] });
  const { sRowSet } = await client.call('tableQueryRows', { ulTableId, ulRowCount: 1000, ulFlags: 0 });
  await client.call('tableClose', { ulTableId });
  return (sRowSet ?? []).map((row) => row?.[0]?.value);
}

const DEEP = 0x10;

const DELIVERED = PR.MESSAGE_DELIVERY_TIME;
const BODY = PR.BODY;

export const attacks: readonly Attack[] = [
  {
    name: 'an open table shows no rows after the right to read is revoked',
    async run(target) {
      const { owner, guest, theirs, open, closed } = await household(target, 'open.rights.test', READ_AND_SEE);
      const { sUserId = Buffer.alloc(0) } = await owner.call('resolveUsername', {
        lpszUsername: 'guest@open.rights.test',
      });
      const tables: number[] = [];
      for (const order of [DELIVERED, SUBJECT]) {
        const { ulTableId = 0 } = await guest.call('tableOpen', {
          sEntryId: open,
          ulTableType: 1,
          ulType: OBJECT.MESSAGE,
          ulFlags: 0,
        });
        await guest.call('tableSetColumns', { ulTableId, aPropTag: [SUBJECT, BODY] });
        const aSortOrder = [{ ulPropTag: order, ulOrder: 0 }];
        await guest.call('tableSort', { ulTableId, aSortOrder, ulCategories: 0, ulExpanded: 0 });
        const { sRowSet } = await guest.call('tableQueryRows', { ulTableId, ulRowCount: 10, ulFlags: 1 });
        if (sRowSet?.[0]?.[0]?.value !== 'no secret') return false;
        tables.push(ulTableId);
      }
      const sKey = Buffer.alloc(4);
      sKey.writeUInt32LE(tables[0] ?? 0);
      const notifySubscribe = { ulConnection: 1, sKey, ulEventMask: 0x100, sSyncState: { ulSyncId: 0, ulChangeId: 0 } };
      await guest.call('notifySubscribe', { notifySubscribe });
      const gone = [{ ulUserid: 0, sUserId, ulType: 2, ulRights: 0, ulState: 1 }];
      await owner.call('setRights', { sEntryId: open, lpsrightsArray: gone });
      await new Promise((later) => setTimeout(later, FRESH_MS));
      await save(owner, theirs.guid, open, 'a new secret');
      await save(owner, theirs.guid, closed, 'another secret');
      const answers = await Promise.all(
        tables.map((ulTableId) => guest.call('tableQueryRows', { ulTableId, ulRowCount: 10, ulFlags: 1 })),
      );
      const told = await Promise.race([
        guest.call('notifyGetItems', {}).then(({ pNotificationArray }) => pNotificationArray ?? []),
        new Promise<never[]>((later) => setTimeout(() => later([]), 1_500)),
      ]);
      return (
        answers.every(({ er, sRowSet }) => (er ?? 0) >>> 0 === NO_ACCESS && !sRowSet) &&
        !JSON.stringify(told).includes('a new secret')
      );
    },
  },
  {
    name: 'a copy of a folder leaves out subfolders that may not be read',
    async run(target) {
      const { guest, mine, open } = await household(target, 'copy.rights.test', READ_AND_SEE);
      await guest.call('copyFolder', {
        sEntryId: open,
        sDestFolderId: mine.inbox,
        lpszNewFolderName: 'stolen',
        ulFlags: 0,
        ulSyncId: 0,
      });
      const names = await listed(guest, mine.inbox, OBJECT.FOLDER, NAME, DEEP);
      return names.includes('stolen') && !names.includes('closed');
    },
  },
  {
    name: 'a folder with an inaccessible subfolder is not moved, deleted or emptied',
    async run(target) {
      const { owner, guest, mine, open } = await household(target, 'move.rights.test', OWNER);
      const moved = await guest.call('copyFolder', {
        sEntryId: open,
        sDestFolderId: mine.inbox,
        lpszNewFolderName: 'stolen',
        ulFlags: 1,
        ulSyncId: 0,
      });
      const deleted = await guest.call('deleteFolder', { sEntryId: open, ulFlags: 5, ulSyncId: 0 });
      const emptied = await guest.call('emptyFolder', { sEntryId: open, ulFlags: 0, ulSyncId: 0 });
      const names = await listed(owner, open, OBJECT.FOLDER, NAME);
      return (
        [moved, deleted, emptied].every(({ result }) => (result ?? 0) >>> 0 === NO_ACCESS) && names.includes('closed')
      );
    },
  },
  {
    name: 'a search below a folder finds nothing in folders that may not be read',
    async run(target) {
      const { guest, open } = await household(target, 'search.rights.test', OWNER);
      const search = await makeFolder(guest, open, 'search', 2);
      const set = await guest.call('tableSetSearchCriteria', {
        sEntryId: search,
        lpRestrict: { ulType: 8, lpExist: { ulPropTag: SUBJECT } },
        lpFolders: [open],
        ulFlags: 2 | 4,
      });
      if (set.result !== 0) return false;
      const found = await listed(guest, search, OBJECT.MESSAGE, SUBJECT);
      return found.includes('no secret') && !found.includes('a secret');
    },
  },
  {
    name: 'a search folder of the owner shows a guest only messages that the guest may read',
    async run(target) {
      const { owner, guest, open } = await household(target, 'shared.rights.test', READ_AND_SEE);
      const search = await makeFolder(owner, open, 'search', 2);
      await owner.call('tableSetSearchCriteria', {
        sEntryId: search,
        lpRestrict: { ulType: 8, lpExist: { ulPropTag: SUBJECT } },
        lpFolders: [open],
        ulFlags: 2 | 4,
      });
      const found = await listed(guest, search, OBJECT.MESSAGE, SUBJECT);
      const all = await listed(owner, search, OBJECT.MESSAGE, SUBJECT);
      return all.includes('a secret') && found.includes('no secret') && !found.includes('a secret');
    },
  },
  {
    name: 'the receive folder stays in its store, and the inbox stays the inbox',
    async run(target) {
      const { owner, mine, theirs, guest, open } = await household(target, 'receive.rights.test', OWNER);
      const own = await guest.call('setReceiveFolder', {
        sStoreId: mine.sStoreId,
        lpsEntryId: open,
        lpszMessageClass: '',
      });
      const foreign = await guest.call('setReceiveFolder', {
        sStoreId: theirs.sStoreId,
        lpsEntryId: open,
        lpszMessageClass: '',
      });
      const after = [await openStore(guest), await openStore(owner)];
      return (
        own.result !== 0 &&
        foreign.result !== 0 &&
        after[0]?.inbox.equals(mine.inbox) === true &&
        after[1]?.inbox.equals(theirs.inbox) === true
      );
    },
  },
  {
    name: 'a synchronisation of folders and the count of subfolders leave out folders that may not be seen',
    async run(target) {
      const { owner, guest, open } = await household(target, 'hierarchy.rights.test', READ_AND_SEE);
      const keyOf = async (client: SoapClient, sEntryId: Buffer, tag: number) =>
        (await client.call('loadObject', { sEntryId })).sSaveObject?.modProps?.find((each) => each.tag === tag)?.value;
      const key = (await keyOf(guest, open, PR.SOURCE_KEY)) as Buffer;
      const { sChangesArray } = await guest.call('getChanges', {
        sSourceKeyFolder: key,
        ulSyncId: 0,
        ulChangeId: 0,
        ulChangeType: 2,
        ulFlags: 0,
      });
      const counts = [await keyOf(owner, open, PR.FOLDER_CHILD_COUNT), await keyOf(guest, open, PR.FOLDER_CHILD_COUNT)];
      return (sChangesArray ?? []).length === 0 && counts[0] === 1 && counts[1] === 0;
    },
  },
  {
    name: 'a former owner can no longer search a store, nor gets its changes by earlier synchronisations',
    async run({ stack, api }) {
      const [name, domain] = ['formerowner', 'formerowner.test'];
      await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
      for (const user of ['former', 'heir', 'third'])
        await api('POST', `/v1/tenants/${name}/users`, { as: 'provider', body: userOrder(user, domain) });
      const logon = (user: string) =>
        SoapClient.logon({ port: stack.port('store-server', 'soap') }, `${user}@${domain}`, `password of ${user}`);
      const admin = await logon('admin');
      const former = await logon('former');
      const { guid } = await openStore(former);
      const begun = { sSourceKeyFolder: Buffer.alloc(0), ulChangeId: 0, ulChangeType: 1, ulFlags: 0 };
      const { ulSyncId = 0 } = await former.call('setSyncStatus', { ...begun, ulSyncId: 0 });
      const others = await openStore(await logon('third'));
      const move = async (sStoreGuid: Buffer, from: string, to: string) => {
        const idOf = async (user: string) =>
          (await admin.call('resolveUsername', { lpszUsername: `${user}@${domain}` })).sUserId ?? Buffer.alloc(0);
        const taken = await admin.call('unhookStore', { ulStoreType: 0, sUserId: await idOf(from), ulSyncId: 0 });
        const store = { ulStoreType: 0, sUserId: await idOf(to), sStoreGuid, ulSyncId: 0 };
        return taken.result === 0 && (await admin.call('hookStore', store)).result === 0;
      };
      // The former owner has a store again, another one, and so may log on.
      const moved = (await move(guid, 'former', 'heir')) && (await move(others.guid, 'third', 'former'));
      const heir = await logon('heir');
      const theirs = await openStore(heir);
      await save(heir, theirs.guid, theirs.inbox, 'the code is 4711');
      const search = (content: string) => ({
        ...begun,
        ulSyncId,
        lpsRestrict: {
          ulType: 3,
          lpContent: { ulFuzzyLevel: 1, ulPropTag: SUBJECT, lpProp: { tag: SUBJECT, value: content } },
        },
      });
      const found = [];
      for (const session of [former, await logon('former')])
        found.push((await session.call('getChanges', search('4711'))).sChangesArray ?? []);
      return moved && found.flat().length === 0;
    },
  },
  {
    name: 'no folder or message can be given the source key of another',
    async run(target) {
      const { owner, guest, theirs, mine, open } = await household(target, 'keys.rights.test', OWNER);
      const key = Buffer.alloc(44, 'a source key of a client');
      const folder = { ulType: 1, szComment: '', sOrigSourceKey: key };
      const first = await owner.call('createFolder', { ...folder, sParentId: theirs.inbox, szName: 'synchronised' });
      await save(owner, theirs.guid, first.sEntryId ?? Buffer.alloc(0), 'a secret', key);
      const made = await guest.call('createFolder', { ...folder, sParentId: mine.inbox, szName: 'thief' });
      const sent = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.FOLDER };
      const take = (value: Buffer) =>
        guest.call('saveObject', {
          sParentEntryId: Buffer.alloc(0),
          sEntryId: mine.inbox,
          lpsSaveObj: { ...sent, modProps: [{ tag: SOURCE_KEY, value }] },
        });
      const taken = await take(key);
      const derived = await take(Buffer.concat([decodeEntryId(theirs.inbox).guid, Buffer.alloc(6)]));
      const message = await save(guest, theirs.guid, open, 'planted', key).then(
        () => 0,
        () => COLLISION,
      );
      const { sChangesArray } = await owner.call('getChanges', {
        sSourceKeyFolder: key,
        ulSyncId: 0,
        ulChangeId: 0,
        ulChangeType: 1,
        ulFlags: 0,
      });
      return (
        [made.er, taken.er, derived.er, message].every((er) => (er ?? 0) >>> 0 === COLLISION) &&
        sChangesArray?.length === 1
      );
    },
  },
  {
    name: 'a colleague can read the properties that open a store, but not its owner’s data',
    async run(target) {
      const { owner, guest, theirs } = await household(target, 'settings.rights.test', READ_AND_SEE);
      const [settings, recipients, absence] = [
        PR.EC_WEBACCESS_SETTINGS_JSON,
        PR.EC_WEBAPP_PERSISTENT_SETTINGS_JSON,
        PR.EC_OUTOFOFFICE_MSG,
      ];
      const value = 'private'.repeat(10_000);
      const sent = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.STORE };
      const kept = [settings, recipients, absence];
      await owner.call('saveObject', {
        sParentEntryId: Buffer.alloc(0),
        sEntryId: theirs.sStoreId,
        lpsSaveObj: { ...sent, modProps: kept.map((tag) => ({ tag, value })) },
      });
      const load = async (client: SoapClient, ulPropTag: number) =>
        (await client.call('loadProp', { sEntryId: theirs.sStoreId, ulObjId: 0, ulPropTag })).lpPropVal?.value;
      const seen = async () => {
        const values = [];
        for (const tag of kept) values.push(await load(guest, tag));
        const { sSaveObject } = await guest.call('loadObject', { sEntryId: theirs.sStoreId });
        const listed = (sSaveObject?.modProps ?? []).map(({ tag }) => tag >>> 16);
        return {
          values: values.map((each) => each === value),
          tags: kept.map((tag) => listed.includes(tag >>> 16)),
          opens: [0x3001, 0x35e0, 0x661c, 0x0ff9].every((id) => listed.includes(id)),
        };
      };
      const before = await seen();
      await grant(owner, theirs.sStoreId, 'guest@settings.rights.test', SECRETARY);
      const after = await seen();
      return (
        (await load(owner, settings)) === value &&
        before.opens &&
        ![...before.values, ...before.tags].includes(true) &&
        after.values.join() === 'false,false,true'
      );
    },
  },
  {
    name: 'the same attachment of two tenants is stored once for each',
    async run({ stack }) {
      await stack.tenant('one.blobs.test', ['user']);
      await stack.tenant('two.blobs.test', ['user']);
      const attachment = Buffer.alloc(300_000, 'the same bytes ').toString('base64');
      const keysOf = async () => {
        const { Contents } = await stack.clients.s3.send(
          new ListObjectsV2Command({ Bucket: stack.environment.ATTACHMENTS_BUCKET ?? '', Prefix: 'blobs/' }),
        );
        return (Contents ?? []).map(({ Key }) => Key ?? '');
      };
      const before = new Set(await keysOf());
      const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
      const message = Buffer.from(
        `Subject: x\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${attachment}\r\n`,
      );
      for (const tenant of ['one', 'two']) await lmtp.send([`user@${tenant}.blobs.test`], message);
      await lmtp.send(['user@one.blobs.test', 'user@two.blobs.test'], message);
      lmtp.close();
      const made = (await keysOf()).filter((key) => !before.has(key)).map((key) => key.split('/'));
      return made.length === 2 && made[0]?.[1] !== made[1]?.[1] && made[0]?.at(-1) === made[1]?.at(-1);
    },
  },
];
