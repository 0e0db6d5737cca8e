import { randomBytes } from 'node:crypto';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { collect } from '../../shared/platform/collect.ts';
import type { SaveObject } from '../../shared/protocol/soap/interface.ts';
import type { SoapClient } from '../clients/soap-client.ts';
import { created, object, property, SECRET, uniqueNumber } from './values.ts';

/** TABLETYPE_MS and TABLETYPE_SPOOLER of Kopano's protocol. */
const TABLE = { CONTENTS: 1, SPOOLER: 3 };
const ALL_ROWS = 0x7fffffff;
const ICS_SYNC_CONTENTS = 1;
/** MSGFLAG_READ | MSGFLAG_UNSENT. */
const UNSENT = 9;

/** The store of a user, through the user's own session: makes objects for checks and reads them back. */
export class Mailbox {
  readonly client: SoapClient;
  readonly guid: Buffer;
  readonly storeId: Buffer;
  readonly inbox: Buffer;
  /** A folder with three messages: "b two", "a one" and "a three". */
  full: Buffer = Buffer.alloc(0);

  private constructor(client: SoapClient, ids: { guid: Buffer; storeId: Buffer; inbox: Buffer }) {
    this.client = client;
    this.guid = ids.guid;
    this.storeId = ids.storeId;
    this.inbox = ids.inbox;
  }

  static async open(client: SoapClient): Promise<Mailbox> {
    const { guid, sStoreId, er } = await client.call('getStore', {});
    const receive = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
    const mailbox = new Mailbox(client, {
      guid: created(guid, er),
      storeId: created(sStoreId, er),
      inbox: created(receive.sReceiveFolder?.sEntryId, receive.er),
    });
    mailbox.full = await mailbox.folder();
    for (const subject of ['b two', 'a one', 'a three']) await mailbox.message(subject, mailbox.full);
    return mailbox;
  }

  /** An entry id in this store that no object has. */
  newId(type: number): Buffer {
    return encodeEntryId({ store: this.guid, type, guid: randomBytes(16) });
  }

  async message(subject = SECRET, folder = this.inbox): Promise<Buffer> {
    return this.save(folder, object([property(PR.MESSAGE_CLASS, 'IPM.Note'), property(PR.SUBJECT, subject)]));
  }

  /** A message to a recipient elsewhere, ready to be submitted. */
  async outgoing(): Promise<Buffer> {
    const recipient = [
      property(PR.DISPLAY_NAME, 'out'),
      property(PR.ADDRTYPE, 'SMTP'),
      property(PR.EMAIL_ADDRESS, 'out@elsewhere.test'),
      property(PR.RECIPIENT_TYPE, 1),
      property(PR.ROWID, 0),
    ];
    const message = [
      property(PR.MESSAGE_CLASS, 'IPM.Note'),
      property(PR.SUBJECT, SECRET),
      property(PR.MESSAGE_FLAGS, UNSENT),
    ];
    return this.save(this.inbox, { ...object(message), item: [object(recipient, 0, OBJECT.MAIL_USER)] });
  }

  async submitted(): Promise<Buffer> {
    const sEntryId = await this.outgoing();
    await this.client.call('submitMessage', { sEntryId });
    return sEntryId;
  }

  /** Number of messages in the outgoing queue. */
  async queueLength(): Promise<number> {
    return (await this.subjects(this.storeId, TABLE.SPOOLER)).length;
  }

  /** A new folder in the inbox; `type` 2 is a search folder. */
  async folder(type = 1): Promise<Buffer> {
    const { sEntryId, er } = await this.client.call('createFolder', {
      sParentId: this.inbox,
      ulType: type,
      szName: `secret folder ${uniqueNumber()}`,
      szComment: '',
      fOpenIfExists: false,
    });
    return created(sEntryId, er);
  }

  async properties(sEntryId: Buffer): Promise<Map<number, Property['value']>> {
    const { sSaveObject } = await this.client.call('loadObject', { sEntryId });
    return new Map((sSaveObject?.modProps ?? []).map(({ tag, value }) => [tag, value]));
  }

  async sourceKey(sEntryId: Buffer): Promise<Buffer> {
    return (await this.properties(sEntryId)).get(PR.SOURCE_KEY) as Buffer;
  }

  async exists(sEntryId: Buffer, ulFlags = 0): Promise<boolean> {
    return (await this.client.call('checkExistObject', { sEntryId, ulFlags })).result === 0;
  }

  /** The subjects in a folder, or in another table of messages. */
  async subjects(sEntryId: Buffer, ulTableType = TABLE.CONTENTS): Promise<string[]> {
    const table = { sEntryId, ulTableType, ulType: OBJECT.MESSAGE };
    return this.read((await this.client.call('tableOpen', table)).ulTableId, PR.SUBJECT);
  }

  async subfolderNames(sEntryId: Buffer): Promise<string[]> {
    const table = { sEntryId, ulTableType: TABLE.CONTENTS, ulType: OBJECT.FOLDER };
    return this.read((await this.client.call('tableOpen', table)).ulTableId, PR.DISPLAY_NAME);
  }

  /** Opens a table of the messages in `full`; sorted, it has one category, the message class. */
  async openTable(sorted = false): Promise<number> {
    const table = { sEntryId: this.full, ulTableType: TABLE.CONTENTS, ulType: OBJECT.MESSAGE };
    const { ulTableId = 0 } = await this.client.call('tableOpen', table);
    await this.client.call('tableSetColumns', { ulTableId, aPropTag: [PR.SUBJECT, PR.INSTANCE_KEY] });
    const aSortOrder = [{ ulPropTag: PR.MESSAGE_CLASS, ulOrder: 0 }];
    if (sorted) await this.client.call('tableSort', { ulTableId, aSortOrder, ulCategories: 1, ulExpanded: 1 });
    return ulTableId;
  }

  /** The subjects of an open table from its position on. */
  async subjectsFrom(ulTableId: number): Promise<string[]> {
    const { sRowSet } = await this.client.call('tableQueryRows', { ulTableId, ulRowCount: ALL_ROWS });
    return (sRowSet ?? []).map((row) => String(row?.find(({ tag }) => tag === PR.SUBJECT)?.value));
  }

  /** Registers a synchronization of the folder `full` and gives its id. */
  async newSync(): Promise<number> {
    const sSourceKeyFolder = await this.sourceKey(this.full);
    const sync = { sSourceKeyFolder, ulChangeType: ICS_SYNC_CONTENTS };
    return (await this.client.call('setSyncStatus', sync)).ulSyncId ?? 0;
  }

  /** A message of the inbox as the stream in which it is exported. */
  async exported(sObjectKey: Buffer): Promise<Buffer> {
    const { sMsgStreams } = await this.client.call('exportMessageChangesAsStream', {
      ulPropTag: PR.ENTRYID,
      sPropTags: [],
      'param-1': [{ sObjectKey, sParentKey: this.inbox }],
    });
    const source = sMsgStreams?.[0]?.sStreamData;
    if (!source) throw new Error('no message was exported');
    return collect(source);
  }

  private async save(sParentEntryId: Buffer, lpsSaveObj: SaveObject): Promise<Buffer> {
    const sEntryId = this.newId(OBJECT.MESSAGE);
    const { er } = await this.client.call('saveObject', { sParentEntryId, sEntryId, lpsSaveObj });
    return created(sEntryId, er);
  }

  /** Reads one column of a table to its end and closes it. */
  private async read(ulTableId = 0, column: number): Promise<string[]> {
    await this.client.call('tableSetColumns', { ulTableId, aPropTag: [column] });
    const { sRowSet } = await this.client.call('tableQueryRows', { ulTableId, ulRowCount: ALL_ROWS });
    await this.client.call('tableClose', { ulTableId });
    return (sRowSet ?? []).map((row) => String(row?.[0]?.value));
  }
}
