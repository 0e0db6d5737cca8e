import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { openDatabase } from '../../../shared/database/database.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { decodeResponse } from '../../../shared/protocol/soap/decode.ts';
import type { SourceKeyPair } from '../../../shared/protocol/soap/interface.ts';
import { logonRequest, type SoapAddress, SoapClient } from '../../clients/soap-client.ts';
import { startTemporaryStack } from '../../local/temporary.ts';
import type { Figures } from '../figures.ts';
import { BenchMailbox, SOURCE_KEY, SUBJECT } from './mailbox.ts';
import { prepare, Recorder, send } from './recorder.ts';

const NOT_FOUND = 0x80000002;
const UNICODE = 0x80000000;
const DELIVERY_TIME = PR.MESSAGE_DELIVERY_TIME;
const ATTACH_DATA = PR.ATTACH_DATA_BIN;
/** Columns of python's `folder.items()`. */
const COLUMNS = [
  PR.ENTRYID,
  DELIVERY_TIME,
  SUBJECT,
  PR.LAST_MODIFICATION_TIME,
  PR.CHANGE_KEY,
  PR.MESSAGE_CLASS,
  PR.FID,
  PR.SOURCE_KEY,
];
/** The properties that a synchronization requests for each message. */
const SYNC_TAGS = [
  PR.SOURCE_KEY,
  PR.LAST_MODIFICATION_TIME,
  PR.CHANGE_KEY,
  PR.PARENT_SOURCE_KEY,
  PR.PREDECESSOR_CHANGE_LIST,
  PR.INSTANCE_KEY,
  PR.MESSAGE_FLAGS,
  PR.RECORD_KEY,
];
const ROWS = 10_000;
const LARGE = 9 * 1024 * 1024;
const STREAMED = 50;

/** The sequences of calls that Kopano's clients make for an action of a user, as they were recorded, one client at a time. */
export async function benchSequences(figures: Figures, quick: boolean): Promise<void> {
  const stack = await startTemporaryStack({});
  const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 1 });
  try {
    await stack.tenant('bench.test', ['user']);
    const address = { port: stack.port('store-server', 'soap') };
    const recorder = new Recorder(figures, db);
    const count = quick ? 40 : 200;
    await sessions(recorder, address, count);
    const mailbox = await BenchMailbox.open(address, 'user@bench.test', 'pass');
    const saved = await messages(recorder, mailbox, count);
    await tables(recorder, mailbox, saved, Math.ceil(count / 4));
    await attachments(recorder, mailbox, Math.ceil(count / 5));
    await streams(recorder, mailbox, saved, Math.ceil(count / 4));
  } finally {
    await db.destroy();
    await stack.stop();
  }
}

async function logon(address: SoapAddress): Promise<SoapClient> {
  const client = new SoapClient(address);
  const { body } = await send(client, prepare(client, 'logon', logonRequest('user@bench.test', 'pass')));
  client.session = BigInt(/<ulSessionId>(\d+)</.exec(body.toString('latin1'))?.[1] ?? 0);
  return client;
}

async function sessions(recorder: Recorder, address: SoapAddress, count: number): Promise<void> {
  const { client, store: sEntryId } = await BenchMailbox.open(address, 'user@bench.test', 'pass');
  await recorder.time('soap session: logon, logoff', count, async () => {
    const other = await logon(address);
    await send(other, prepare(other, 'logoff', {}));
  });
  await recorder.time('soap session with store and its name', count, async () => {
    const other = await logon(address);
    await send(other, prepare(other, 'getStore', {}));
    await send(other, prepare(other, 'getStoreName', { sEntryId }));
    await send(other, prepare(other, 'getPublicStore', {}), NOT_FOUND);
    await send(other, prepare(other, 'logoff', {}));
  });
  await recorder.time('soap logon and open the store', count, async () => {
    const other = await logon(address);
    await send(other, prepare(other, 'resolvePseudoUrl', { lpszPseudoUrl: 'pseudo://Unknown' }));
    await send(other, prepare(other, 'getUser', {}));
    await send(other, prepare(other, 'getStore', {}));
    await send(other, prepare(other, 'loadObject', { sEntryId, ulFlags: UNICODE }));
    await send(other, prepare(other, 'getReceiveFolder', { sStoreId: sEntryId, lpszMessageClass: 'IPM' }));
    await send(other, prepare(other, 'logoff', {}));
  });
  await client.call('logoff', {});
}

async function messages(recorder: Recorder, mailbox: BenchMailbox, count: number): Promise<Buffer[]> {
  const { client, inbox } = mailbox;
  const sParentEntryId = await mailbox.folder('created');
  const saved: Buffer[] = [];
  const create = async () => {
    const sEntryId = mailbox.newEntryId();
    const values = { sParentEntryId, sEntryId, lpsSaveObj: mailbox.message(saved.length) };
    await send(client, prepare(client, 'saveObject', values));
    saved.push(sEntryId);
  };
  await recorder.time('soap create a message', count, create);
  while (saved.length < 250) await create();
  await recorder.time('soap open a message', count, async (n) => {
    const sEntryId = saved[n % saved.length];
    await send(client, prepare(client, 'checkExistObject', { sEntryId }));
    await send(client, prepare(client, 'loadObject', { sEntryId, ulFlags: UNICODE }));
  });
  await recorder.time('soap open a folder', count, async () => {
    await send(client, prepare(client, 'checkExistObject', { sEntryId: inbox }));
    await send(client, prepare(client, 'loadObject', { sEntryId: inbox, ulFlags: UNICODE }));
  });
  return saved;
}

async function tables(recorder: Recorder, mailbox: BenchMailbox, saved: Buffer[], count: number): Promise<void> {
  const { client } = mailbox;
  const sEntryId = await mailbox.folder('large');
  for (let there = 0; there < ROWS; there += 250)
    await client.call('copyObjects', { aMessages: saved.slice(0, 250), sDestFolderId: sEntryId });
  const open = async () => {
    const opening = { sEntryId, ulTableType: 1, ulType: OBJECT.MESSAGE, ulFlags: UNICODE };
    const { ulTableId = 0 } = await client.call('tableOpen', opening);
    await send(client, prepare(client, 'tableMulti', { sRequest: { ulTableId, ulFlags: 0, lpSetColumns: COLUMNS } }));
    return ulTableId;
  };
  const sort = (ulTableId: number, ulPropTag: number, ulOrder: number) => {
    const lpSort = { sSortOrder: [{ ulPropTag, ulOrder }], ulCategories: 0, ulExpanded: 0 };
    return send(client, prepare(client, 'tableMulti', { sRequest: { ulTableId, ulFlags: 0, lpSort } }));
  };
  const rows = async (ulTableId: number, wanted = 50) => {
    const { body } = await send(client, prepare(client, 'tableQueryRows', { ulTableId, ulRowCount: 50 }));
    const got = body.toString('latin1').split(`<ulPropTag>${SUBJECT}</ulPropTag>`).length - 1;
    if (got !== wanted) throw new Error(`${got} rows, not ${wanted}`);
  };
  await recorder.time(`soap open, sort by date, first 50 of ${ROWS}`, count, async () => {
    const table = await open();
    await sort(table, DELIVERY_TIME, 1);
    await rows(table);
    await send(client, prepare(client, 'tableClose', { ulTableId: table }));
  });
  const scrolled = await open();
  await sort(scrolled, DELIVERY_TIME, 1);
  await rows(scrolled);
  await recorder.time(`soap next 50 of ${ROWS}`, count * 2, () => rows(scrolled));
  await recorder.time(`soap sort by subject, first 50 of ${ROWS}`, Math.ceil(count / 2), async () => {
    const table = await open();
    await sort(table, SUBJECT, 0);
    await rows(table);
    await send(client, prepare(client, 'tableClose', { ulTableId: table }));
  });
  await recorder.time(`soap subjects with a substring among ${ROWS}`, Math.ceil(count / 2), async () => {
    const table = await open();
    const lpProp = { tag: SUBJECT, value: 'MESSAGE 249' };
    const lpContent = { ulFuzzyLevel: 0x10001, ulPropTag: SUBJECT, lpProp };
    const lpRestrict = { ulType: 3, lpContent };
    await send(client, prepare(client, 'tableMulti', { sRequest: { ulTableId: table, ulFlags: 0, lpRestrict } }));
    await rows(table, ROWS / 250);
    await send(client, prepare(client, 'tableClose', { ulTableId: table }));
  });
}

async function attachments(recorder: Recorder, mailbox: BenchMailbox, count: number): Promise<void> {
  const { client } = mailbox;
  const sParentEntryId = await mailbox.folder('attachments');
  const data = randomBytes(LARGE);
  let sEntryId = mailbox.newEntryId();
  await recorder.time('soap create with 9 MB attached', count, async () => {
    sEntryId = mailbox.newEntryId();
    // Random bytes: a blob that is stored already would cost less.
    randomBytes(32).copy(data);
    const values = { sParentEntryId, sEntryId, lpsSaveObj: mailbox.withAttachment(data) };
    await send(client, prepare(client, 'saveObject', values));
  });
  const { sSaveObject } = await client.call('loadObject', { sEntryId, ulFlags: UNICODE });
  const ulObjId = sSaveObject?.item?.[0]?.ulServerId ?? 0;
  await recorder.time('soap read 9 MB attached', count, async () => {
    const { body } = await send(client, prepare(client, 'loadProp', { sEntryId, ulObjId, ulPropTag: ATTACH_DATA }));
    if (body.length < LARGE) throw new Error(`${body.length} bytes of ${LARGE}`);
  });
}

async function streams(recorder: Recorder, mailbox: BenchMailbox, saved: Buffer[], count: number): Promise<void> {
  const { client } = mailbox;
  const sEntryId = await mailbox.folder('saved for backup');
  await client.call('copyObjects', { aMessages: saved.slice(0, STREAMED), sDestFolderId: sEntryId });
  const { sSaveObject } = await client.call('loadObject', { sEntryId, ulFlags: UNICODE });
  const key = sSaveObject?.modProps?.find(({ tag }) => tag === SOURCE_KEY)?.value as Buffer;
  let pairs: SourceKeyPair[] = [];
  const changes = async () => {
    const values = { sSourceKeyFolder: key, ulSyncId: 0, ulChangeId: 0, ulChangeType: 1, ulFlags: 0x30 };
    const { body } = await send(client, prepare(client, 'getChanges', values));
    const { sChangesArray } = decodeResponse('getChanges', body) as { sChangesArray?: { sSourceKey: Buffer }[] };
    pairs = (sChangesArray ?? []).map(({ sSourceKey }) => ({ sParentKey: key, sObjectKey: sSourceKey }));
    if (pairs.length !== STREAMED) throw new Error(`${pairs.length} changes, not ${STREAMED}`);
  };
  const exported = () =>
    send(
      client,
      prepare(client, 'exportMessageChangesAsStream', {
        sPropTags: SYNC_TAGS,
        'param-1': pairs,
        ulPropTag: SOURCE_KEY,
      }),
    );
  await recorder.time(
    'soap back up a message',
    count,
    async () => {
      await changes();
      await exported();
    },
    STREAMED,
  );
  const { sMsgStreams } = await client.call('exportMessageChangesAsStream', {
    sPropTags: SYNC_TAGS,
    'param-1': pairs.slice(0, 1),
    ulPropTag: SOURCE_KEY,
  });
  const source = sMsgStreams?.[0]?.sStreamData;
  if (!source) throw new Error('no stream was exported');
  const stream = await collect(source);
  const sParentEntryId = await mailbox.folder('restored');
  await recorder.time('soap restore a message', count * 2, async () => {
    const values = {
      sParentEntryId,
      sEntryId: mailbox.newEntryId(),
      bIsNew: true,
      sStreamData: Readable.from([stream]),
    };
    const { er, result } = (await client.call('importMessageFromStream', values)) as { er?: number; result?: number };
    if ((er ?? result) !== 0) throw new Error(`importMessageFromStream: 0x${(er ?? result)?.toString(16)}`);
  });
}
