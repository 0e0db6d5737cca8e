import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SoapClient } from '../../scripts/clients/soap-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { encodeAddressBookId, encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { ERROR_CODES } from '../../shared/mapi/error.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { asString8 } from '../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR, PT, withType } from '../../shared/mapi/property-tags.ts';

// What Kopano's own programs rely on, asked as they ask it.

let stack: TemporaryStack;
let system: SoapClient;
let anna: SoapClient;
beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false, options: { enable_hosted_kopano: 'yes' } });
  await stack.tenant('clients.test', ['anna', 'bert']);
  system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  anna = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, 'anna@clients.test', 'pass');
});
afterAll(() => stack.stop());

const UNICODE = 0x80000000;
const CONVENIENT_DEPTH = 1;
const ALL_COLUMNS = 1;
const TABLE = { STORE: 1, ADDRESS_BOOK: 2, SYSTEM: 5, USER_STORES: 9, MAILBOX: 10, SERVERS: 11 };

const property = (properties: readonly Property[] | undefined, tag: number): Property['value'] | undefined =>
  properties?.find((each) => each.tag === tag)?.value;

/** All rows of a table with all columns that it offers. */
async function tableOf(
  client: SoapClient,
  open: { sEntryId?: Buffer; ulTableType: number; ulType: number; ulFlags?: number },
) {
  const { er, ulTableId = 0 } = await client.call('tableOpen', { ulFlags: 0, ...open });
  expect(er).toBe(0);
  const { sPropTagArray = [] } = await client.call('tableQueryColumns', { ulTableId, ulFlags: ALL_COLUMNS });
  await client.call('tableSetColumns', { ulTableId, aPropTag: sPropTagArray });
  const { sRowSet = [] } = await client.call('tableQueryRows', { ulTableId, ulRowCount: 0xffffffff, ulFlags: 0 });
  await client.call('tableClose', { ulTableId });
  return { columns: sPropTagArray, rows: sRowSet };
}

async function inboxOf(client: SoapClient): Promise<{ store: Buffer; guid: Buffer; inbox: Buffer }> {
  const { sStoreId: store = Buffer.alloc(0), guid = Buffer.alloc(0) } = await client.call('getStore', {});
  const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId: store, lpszMessageClass: '' });
  return { store, guid, inbox: sReceiveFolder?.sEntryId ?? Buffer.alloc(0) };
}

const object = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0 };

async function save(client: SoapClient, folder: Buffer, guid: Buffer, modProps: Property[], sEntryId?: Buffer) {
  const id = sEntryId ?? encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
  const { er } = await client.call('saveObject', {
    sParentEntryId: folder,
    sEntryId: id,
    lpsSaveObj: { ...object, ulObjType: OBJECT.MESSAGE, modProps },
  });
  expect(er).toBe(0);
  return id;
}

describe('the address book', () => {
  const root = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 0, external: Buffer.alloc(0) });

  it('offers the thirteen columns by which clients find its containers, and has two of them', async () => {
    const { columns, rows } = await tableOf(anna, {
      sEntryId: root,
      ulTableType: TABLE.ADDRESS_BOOK,
      ulType: OBJECT.AB_CONTAINER,
      ulFlags: (UNICODE | CONVENIENT_DEPTH) >>> 0,
    });
    expect(columns).toEqual([
      PR.INSTANCE_KEY,
      PR.RECORD_KEY,
      PR.OBJECT_TYPE,
      PR.ENTRYID,
      PR.DISPLAY_NAME,
      PR.DEPTH,
      PR.CREATION_TIME,
      PR.LAST_MODIFICATION_TIME,
      PR.CONTAINER_FLAGS,
      PR.AB_PROVIDER_ID,
      PR.DISPLAY_TYPE,
      PR.DISPLAY_TYPE_EX,
      PR.EMS_AB_CONTAINERID,
    ]);
    expect(
      rows.map((row) => [
        property(row, PR.DISPLAY_NAME),
        property(row, PR.CONTAINER_FLAGS),
        property(row, PR.EMS_AB_CONTAINERID),
      ]),
    ).toEqual([
      ['Global Address Book', 73, 0],
      ['All Address Lists', 73, 7000],
    ]);
    for (const row of rows)
      expect([(property(row, PR.AB_PROVIDER_ID) as Buffer).toString('base64'), property(row, PR.DEPTH)]).toEqual([
        'rCGpUEDT7kizGfunUzBEJQ==',
        0,
      ]);
  });

  it('opens the container of address lists, which has no containers and no people', async () => {
    const sEntryId = encodeAddressBookId({ type: OBJECT.AB_CONTAINER, id: 2, external: Buffer.alloc(0) });
    const { aPropVal } = await anna.call('readABProps', { sEntryId });
    expect(property(aPropVal, PR.DISPLAY_NAME)).toBe('All Address Lists');
    const open = { sEntryId, ulTableType: TABLE.ADDRESS_BOOK, ulFlags: 0 };
    expect((await anna.call('tableOpen', { ...open, ulType: OBJECT.MAIL_USER })).er).toBe(
      ERROR_CODES.INVALID_PARAMETER,
    );
    expect((await tableOf(anna, { ...open, ulType: OBJECT.AB_CONTAINER })).rows).toEqual([]);
  });
});

describe('folders', () => {
  it('of one name can be deleted for good one after the other', async () => {
    const { inbox } = await inboxOf(anna);
    for (let i = 0; i < 2; i++) {
      const { sEntryId } = await anna.call('createFolder', {
        sParentId: inbox,
        ulType: 1,
        szName: 'Again',
        fOpenIfExists: false,
      });
      expect((await anna.call('deleteFolder', { sEntryId: sEntryId as Buffer, ulFlags: 21 })).result).toBe(0);
    }
  });

  it('that receive mail are found when properties of the inbox were set', async () => {
    const { store, inbox } = await inboxOf(anna);
    await anna.call('saveObject', {
      sParentEntryId: store,
      sEntryId: inbox,
      lpsSaveObj: { ...object, ulObjType: OBJECT.FOLDER, modProps: [{ tag: PR.COMMENT, value: 'mine' }] },
    });
    for (const lpszMessageClass of ['', 'IPM.Note']) {
      const { er, sReceiveFolder } = await anna.call('getReceiveFolder', { sStoreId: store, lpszMessageClass });
      expect([er, sReceiveFolder?.sEntryId]).toEqual([0, inbox]);
    }
  });

  it('for free and busy times are in the public store, and everybody writes there', async () => {
    const { sStoreId = Buffer.alloc(0), guid = Buffer.alloc(0) } = await anna.call('getPublicStore', {});
    const { sSaveObject } = await anna.call('loadObject', { sEntryId: sStoreId });
    const folder = property(sSaveObject?.modProps, PR.FREE_BUSY_FOR_LOCAL_SITE_ENTRYID) as Buffer;
    const loaded = await anna.call('loadObject', { sEntryId: folder });
    expect(property(loaded.sSaveObject?.modProps, PR.DISPLAY_NAME)).toBe('Zarafa 1');
    const properties = [{ tag: PR.MESSAGE_CLASS, value: 'IPM.Post' }];
    const message = await save(anna, folder, guid, properties);
    const bert = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, 'bert@clients.test', 'pass');
    await save(bert, folder, guid, properties, message);
  });
});

describe('a message that was soft-deleted', () => {
  it('comes back by copyObjects', async () => {
    const { guid, inbox } = await inboxOf(anna);
    const message = await save(anna, inbox, guid, [{ tag: PR.SUBJECT, value: 'back' }]);
    await anna.call('deleteObjects', { ulFlags: 0, aMessages: [message] });
    expect((await anna.call('loadObject', { sEntryId: message })).er).toBe(ERROR_CODES.NOT_FOUND);
    expect((await anna.call('copyObjects', { aMessages: [message], sDestFolderId: inbox, ulFlags: 1 })).result).toBe(0);
    expect((await anna.call('loadObject', { sEntryId: message })).er).toBe(0);
  });
});

describe('tables of the server', () => {
  it('list mailboxes with the entry ids and sizes of their stores', async () => {
    const { rows } = await tableOf(system, { ulTableType: TABLE.MAILBOX, ulType: OBJECT.STORE });
    const { store } = await inboxOf(anna);
    const row = rows.find((each) => (property(each, PR.ENTRYID) as Buffer | undefined)?.equals(store));
    expect(row).toBeDefined();
  });

  it('list the own and the public store to a user who is no administrator', async () => {
    const { rows } = await tableOf(anna, { ulTableType: TABLE.USER_STORES, ulType: OBJECT.STORE });
    expect(rows.map((row) => property(row, asString8(PR.EC_USERNAME))).sort()).toEqual([
      'anna@clients.test',
      'clients.test',
    ]);
  });

  it('have no servers where there is one', async () => {
    const { er, ulTableId = 0 } = await system.call('tableOpen', { ulTableType: TABLE.SERVERS, ulType: 0, ulFlags: 0 });
    expect(er).toBe(0);
    expect((await system.call('tableQueryColumns', { ulTableId })).er).toBe(ERROR_CODES.NOT_FOUND);
  });
});

describe('administration', () => {
  it('is notified when nothing is deferred any more', async () => {
    expect((await system.call('purgeDeferredUpdates', {})).er).toBe(ERROR_CODES.NOT_FOUND);
  });

  it('finds the server under any name that a client has for it', async () => {
    expect(await anna.call('resolvePseudoUrl', { lpszPseudoUrl: 'pseudo://elsewhere' })).toMatchObject({
      er: 0,
      lpszServerPath: 'pseudo://elsewhere',
      bIsPeer: true,
    });
  });

  it('synchronises without a folder: the own store, and for SYSTEM the server', async () => {
    for (const client of [anna, system]) {
      const empty = { sSourceKeyFolder: Buffer.alloc(0), ulChangeType: 1, ulChangeId: 0 };
      const { er, ulSyncId } = await client.call('setSyncStatus', { ...empty, ulSyncId: 0 });
      expect([er, ulSyncId]).toEqual([0, expect.any(Number)]);
      expect((await client.call('getChanges', { ...empty, ulSyncId: ulSyncId as number, ulFlags: 0 })).er).toBe(0);
    }
  });

  it('renames a group', async () => {
    const group = { ulGroupId: 0, lpszFullname: 'Sales', ulIsABHidden: 0 };
    const { sGroupId } = await system.call('createGroup', {
      lpsGroup: { ...group, lpszGroupname: 'sales@clients.test' },
    });
    const named = { ...group, sGroupId: sGroupId as Buffer };
    expect(
      (await system.call('setGroup', { lpsGroup: { ...named, lpszGroupname: 'trade@clients.test' } })).result,
    ).toBe(0);
    const { lpsGroup } = await system.call('getGroup', { sGroupId: sGroupId as Buffer });
    expect(lpsGroup?.lpszGroupname).toBe('trade');
  });
});

describe('a property', () => {
  it('is known by its id and its type, in messages, folders and tables', async () => {
    const { guid, inbox } = await inboxOf(anna);
    const two: Property[] = [
      { tag: 0x8512001f, value: 'text' },
      { tag: 0x85120102, value: Buffer.from('bytes') },
    ];
    const message = await save(anna, inbox, guid, two);
    await anna.call('saveObject', {
      sParentEntryId: inbox,
      sEntryId: inbox,
      lpsSaveObj: { ...object, ulObjType: OBJECT.FOLDER, modProps: two },
    });
    for (const sEntryId of [message, inbox]) {
      const { sSaveObject } = await anna.call('loadObject', { sEntryId });
      for (const { tag, value } of two) {
        expect(property(sSaveObject?.modProps, tag)).toEqual(value);
        expect((await anna.call('loadProp', { sEntryId, ulObjId: 0, ulPropTag: tag })).lpPropVal).toEqual({
          tag,
          value,
        });
      }
      const { lpPropVal } = await anna.call('loadProp', { sEntryId, ulObjId: 0, ulPropTag: 0x85120000 });
      expect(two).toContainEqual(lpPropVal);
    }
    const open = { sEntryId: inbox, ulTableType: TABLE.STORE, ulType: OBJECT.MESSAGE, ulFlags: 0 };
    const { ulTableId = 0 } = await anna.call('tableOpen', open);
    await anna.call('tableSetColumns', {
      ulTableId,
      aPropTag: [PR.ENTRYID, 0x8512001e, 0x85120102, withType(PR.MESSAGE_SIZE, PT.UNSPECIFIED)],
    });
    const { sRowSet } = await anna.call('tableQueryRows', { ulTableId, ulRowCount: 100, ulFlags: 0 });
    const row = sRowSet?.find((each) => (property(each, PR.ENTRYID) as Buffer).equals(message));
    expect(row?.slice(1)).toEqual([
      { tag: 0x8512001e, value: 'text' },
      { tag: 0x85120102, value: Buffer.from('bytes') },
      { tag: PR.MESSAGE_SIZE, value: expect.any(Number) },
    ]);
    await anna.call('saveObject', {
      sParentEntryId: inbox,
      sEntryId: message,
      lpsSaveObj: { ...object, ulObjType: OBJECT.MESSAGE, modProps: [], delProps: [0x85120102] },
    });
    const { sSaveObject } = await anna.call('loadObject', { sEntryId: message });
    expect(property(sSaveObject?.modProps, 0x8512001f)).toBe('text');
    expect(property(sSaveObject?.modProps, 0x85120102)).toBeUndefined();
  });
});

describe('a company', () => {
  const company = async () => (await system.call('resolveCompanyname', { lpszCompanyname: 'clients.test' })).sCompanyId;

  it('is named with its users, in the address book and where names are resolved', async () => {
    const { sUserId = Buffer.alloc(0) } = await system.call('resolveUsername', { lpszUsername: 'anna@clients.test' });
    const { aPropVal } = await anna.call('readABProps', { sEntryId: sUserId });
    expect(property(aPropVal, PR.EC_COMPANY_NAME)).toBe('clients.test');
    const { sRowSet } = await anna.call('abResolveNames', {
      lpaPropTag: [PR.EC_COMPANY_NAME],
      lpsRowSet: [[{ tag: PR.DISPLAY_NAME, value: 'anna@clients.test' }]],
      lpaFlags: [0],
      ulFlags: 0,
    });
    expect(property(sRowSet?.[0], PR.EC_COMPANY_NAME)).toBe('clients.test');
  });

  it('owns the public store, which is found by its name', async () => {
    const { sStoreId } = await anna.call('getPublicStore', {});
    const owner = await company();
    expect((await anna.call('getOwner', { sEntryId: sStoreId as Buffer })).sOwner).toEqual(owner);
    const found = { szUserName: 'clients.test', ulStoreTypeMask: 3, ulFlags: 0 };
    expect(await anna.call('resolveUserStore', found)).toMatchObject({ er: 0, sStoreId, sUserId: owner });
    expect((await anna.call('resolveUserStore', { ...found, ulStoreTypeMask: 1 })).er).toBe(ERROR_CODES.NOT_FOUND);
  });

  it('is given rights as a whole', async () => {
    const { inbox } = await inboxOf(anna);
    const bert = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, 'bert@clients.test', 'pass');
    expect((await bert.call('loadObject', { sEntryId: inbox })).er).toBe(ERROR_CODES.NO_ACCESS);
    const rights = { ulUserid: 0, ulType: 2, ulRights: 0x401, ulState: 1, sUserId: await company() };
    expect((await anna.call('setRights', { sEntryId: inbox, lpsrightsArray: [rights] })).result).toBe(0);
    expect((await anna.call('getRights', { sEntryId: inbox, ulType: 3 })).pRightsArray).toMatchObject([
      { ulRights: 0x401, sUserId: rights.sUserId },
    ]);
    expect((await bert.call('loadObject', { sEntryId: inbox })).er).toBe(0);
  });
});

describe('statistics of the system', () => {
  it('count logons, requests and statements', async () => {
    const { rows } = await tableOf(system, { ulTableType: TABLE.SYSTEM, ulType: 0 });
    const figures = new Map(rows.map((row) => [row?.[0]?.value, row?.[2]?.value]));
    for (const name of ['soap_request', 'login_password', 'login_unix', 'sessions_created', 'sql_select', 'mwops'])
      expect([name, Number(figures.get(name)) > 0]).toEqual([name, true]);
    expect(figures.get('server_start_date')).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
  });

  it('can read the properties that open a colleague’s store, but not the owner’s data', async () => {
    const bert = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, 'bert@clients.test', 'pass');
    const { store } = await inboxOf(anna);
    const [displayName, subtree, settings, absence] = [
      PR.DISPLAY_NAME,
      PR.IPM_SUBTREE_ENTRYID,
      PR.EC_WEBACCESS_SETTINGS_JSON,
      PR.EC_OUTOFOFFICE_MSG,
    ];
    const { er } = await anna.call('saveObject', {
      sParentEntryId: Buffer.alloc(0),
      sEntryId: store,
      lpsSaveObj: {
        delProps: [],
        modProps: [
          { tag: settings, value: '{"signature":"private"}' },
          { tag: absence, value: 'back on Monday' },
        ],
        bDelete: false,
        ulClientId: 0,
        ulServerId: 0,
        ulObjType: OBJECT.STORE,
      },
    });
    expect(er).toBe(0);
    const tagsOf = async (client: SoapClient) =>
      (await client.call('loadObject', { sEntryId: store })).sSaveObject?.modProps?.map(({ tag }) => tag);
    const own = await tagsOf(anna);
    for (const tag of [displayName, subtree, settings, absence]) expect(own).toContain(tag);
    const foreign = await tagsOf(bert);
    for (const tag of [displayName, subtree]) expect(foreign).toContain(tag);
    for (const tag of [settings, absence]) expect(foreign).not.toContain(tag);
    expect((await bert.call('loadProp', { sEntryId: store, ulObjId: 0, ulPropTag: settings })).er).not.toBe(0);
  });
});
