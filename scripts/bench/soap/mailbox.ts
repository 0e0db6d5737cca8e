import { randomBytes } from 'node:crypto';
import { encodeEntryId } from '../../../shared/mapi/entry-id.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';
import { type SoapAddress, SoapClient } from '../../clients/soap-client.ts';

export const SUBJECT = PR.SUBJECT;
export const SOURCE_KEY = PR.SOURCE_KEY;

const object = (ulObjType: number, modProps: Property[], item?: SaveObject[]): SaveObject => ({
  ...(item ? { item } : {}),
  delProps: [],
  modProps,
  bDelete: false,
  ulClientId: 0,
  ulServerId: 0,
  ulObjType,
});

const recipient = (n: number): SaveObject =>
  object(OBJECT.MAIL_USER, [
    { tag: PR.RECIPIENT_TYPE, value: 1 },
    { tag: PR.ROWID, value: n },
    { tag: PR.DISPLAY_NAME, value: `recipient${n}@bench.test` },
    { tag: PR.ADDRTYPE, value: 'SMTP' },
    { tag: PR.EMAIL_ADDRESS, value: `recipient${n}@bench.test` },
  ]);

/** The session and ids of a client that has logged on. */
export class BenchMailbox {
  readonly client: SoapClient;
  readonly guid: Buffer;
  readonly store: Buffer;
  readonly inbox: Buffer;

  private constructor(client: SoapClient, guid: Buffer, store: Buffer, inbox: Buffer) {
    this.client = client;
    this.guid = guid;
    this.store = store;
    this.inbox = inbox;
  }

  static async open(address: SoapAddress, user: string, password: string): Promise<BenchMailbox> {
    const client = await SoapClient.logon(address, user, password);
    const { guid, sStoreId } = await client.call('getStore', {});
    const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
    const inbox = sReceiveFolder?.sEntryId;
    if (!guid || !sStoreId || !inbox) throw new Error('the user has no store');
    return new BenchMailbox(client, guid, sStoreId, inbox);
  }

  newEntryId(): Buffer {
    return encodeEntryId({ store: this.guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
  }

  async folder(szName: string): Promise<Buffer> {
    const made = await this.client.call('createFolder', { sParentId: this.inbox, ulType: 1, szName, szComment: '' });
    if (!made.sEntryId) throw new Error(`no folder ${szName}: 0x${made.er?.toString(16)}`);
    return made.sEntryId;
  }

  /** The object that a client saves for a message with 4 KB of text and two recipients. */
  message(n: number): SaveObject {
    return object(
      OBJECT.MESSAGE,
      [
        { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
        { tag: PR.MESSAGE_FLAGS, value: 9 },
        { tag: SUBJECT, value: `message ${n}` },
        { tag: PR.DISPLAY_TO, value: 'recipient0@bench.test; recipient1@bench.test' },
        { tag: PR.MESSAGE_DELIVERY_TIME, value: 134_000_000_000_000_000n + BigInt(n) * 600_000_000n },
        { tag: PR.BODY, value: 'text of a message. '.repeat(210) },
      ],
      [recipient(0), recipient(1)],
    );
  }

  /** The object that a client saves for a message with an attachment of these bytes. */
  withAttachment(data: Buffer): SaveObject {
    const attachment = object(OBJECT.ATTACHMENT, [
      { tag: PR.ATTACH_DATA_BIN, value: data },
      { tag: PR.ATTACH_METHOD, value: 1 },
      { tag: PR.ATTACH_LONG_FILENAME, value: 'large.bin' },
    ]);
    const properties = [
      { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
      { tag: SUBJECT, value: 'a large attachment' },
    ];
    return object(OBJECT.MESSAGE, properties, [attachment]);
  }
}
