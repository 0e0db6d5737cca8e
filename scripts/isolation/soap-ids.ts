import { randomBytes } from 'node:crypto';
import { encodeAddressBookId, encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';

// Ids as operations of the SOAP interface take them: of the objects of a tenant, and of objects that do not exist.

/** Somebody of the address book, by number or by entry id. */
export interface Who {
  number: number;
  entryId: Buffer;
}

export interface Ids {
  user: Who;
  /** Another of the same kind, for operations that take two. */
  secondUser: Who;
  group: Who;
  company: Who;
  secondCompany: Who;
  /** Entry id and GUID of a user's store, and of the company's public one. */
  store: Buffer;
  storeGuid: Buffer;
  publicStore: Buffer;
  folder: Buffer;
  secondFolder: Buffer;
  message: Buffer;
  folderKey: Buffer;
  messageKey: Buffer;
  /** Of a message that is not there yet, in the user's store. */
  newMessage: Buffer;
  /** The server's number of a synchronisation. */
  sync: number;
}

const TAG = { CLASS: PR.MESSAGE_CLASS, SUBJECT: PR.SUBJECT, SOURCE_KEY: PR.SOURCE_KEY };
const none = Buffer.alloc(0);

/** An entry id with its number apart. */
const who = (entryId: Buffer = none): Who => ({ entryId, number: entryId.readUInt32LE(28) });

/** The objects of tenant `name`: user@name.test with a message in the inbox, group-name, stores and a synchronization. */
export async function idsOf(stack: TemporaryStack, name: string): Promise<Ids> {
  const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  const tcp = { port: stack.port('store-server', 'soap') };
  const user = await SoapClient.logon(tcp, `user@${name}.test`, 'password of user');
  const person = async (login: string) =>
    who((await system.call('resolveUsername', { lpszUsername: `${login}@${name}.test` })).sUserId);
  const company = who((await system.call('resolveCompanyname', { lpszCompanyname: name })).sCompanyId);
  const { guid = none, sStoreId = none, sRootId = none } = await user.call('getStore', {});
  const shared = await user.call('getPublicStore', {});
  const inbox =
    (await user.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' })).sReceiveFolder?.sEntryId ?? none;
  const message = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
  await user.call('saveObject', {
    sParentEntryId: inbox,
    sEntryId: message,
    lpsSaveObj: {
      ...{ delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.MESSAGE },
      modProps: [
        { tag: TAG.CLASS, value: 'IPM.Note' },
        { tag: TAG.SUBJECT, value: `a secret of ${name}` },
      ],
    },
  });
  const keyOf = async (sEntryId: Buffer): Promise<Buffer> => {
    const { sSaveObject } = await user.call('loadObject', { sEntryId });
    const key = sSaveObject?.modProps?.find(({ tag }) => tag === TAG.SOURCE_KEY)?.value;
    if (!Buffer.isBuffer(key)) throw new Error('an object without a source key');
    return key;
  };
  const [folderKey, messageKey] = [await keyOf(inbox), await keyOf(message)];
  const status = { sSourceKeyFolder: folderKey, ulSyncId: 0, ulChangeId: 0, ulChangeType: 1, ulFlags: 0 };
  const { ulSyncId: sync = 0 } = await user.call('setSyncStatus', status);
  const group = (await user.call('resolveGroupname', { lpszGroupname: `group-${name}` })).sGroupId;
  return {
    user: await person('user'),
    secondUser: await person('second'),
    group: who(group),
    company,
    secondCompany: company,
    ...{ store: sStoreId, storeGuid: guid, publicStore: shared.sStoreId ?? none },
    ...{ folder: inbox, secondFolder: sRootId, message, folderKey, messageKey },
    ...{ newMessage: encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) }), sync },
  };
}

const UNUSED = 1_000_000;

/** Ids of the same form, of objects that do not exist. */
export function absentIds(): Ids {
  const object = (type: number) => encodeEntryId({ store: randomBytes(16), type, guid: randomBytes(16) });
  const person = (type: number, kind: number) =>
    who(encodeAddressBookId({ type, id: UNUSED * 3 + kind, external: randomBytes(16) }));
  const key = () => Buffer.concat([randomBytes(16), Buffer.from('010000000000', 'hex')]);
  return {
    ...{ user: person(OBJECT.MAIL_USER, 0), secondUser: person(OBJECT.MAIL_USER, 0) },
    group: person(OBJECT.DIST_LIST, 1),
    ...{ company: person(OBJECT.AB_CONTAINER, 2), secondCompany: person(OBJECT.AB_CONTAINER, 2) },
    ...{ store: object(OBJECT.STORE), storeGuid: randomBytes(16), publicStore: object(OBJECT.STORE) },
    ...{ folder: object(OBJECT.FOLDER), secondFolder: object(OBJECT.FOLDER), message: object(OBJECT.MESSAGE) },
    ...{ folderKey: key(), messageKey: key() },
    ...{ newMessage: object(OBJECT.MESSAGE), sync: UNUSED * 1000 },
  };
}

export const isWho = (value: Ids[keyof Ids]): value is Who => typeof value === 'object' && 'entryId' in value;
