import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { decodeResponse } from '../../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../../shared/protocol/soap/encode.ts';
import type { Responses } from '../../../shared/protocol/soap/interface.ts';
import { SoapClient } from '../../clients/soap-client.ts';
import { startTemporaryStack } from '../../local/temporary.ts';
import type { Figures } from '../figures.ts';

const SUBJECT = PR.SUBJECT;
const ENTRY_ID = PR.ENTRYID;
const COLUMNS = [
  ENTRY_ID,
  SUBJECT,
  PR.SENDER_NAME,
  PR.MESSAGE_DELIVERY_TIME,
  PR.MESSAGE_FLAGS,
  PR.MESSAGE_SIZE,
  PR.MESSAGE_CLASS,
];
const BY_DELIVERY = [{ ulPropTag: PR.MESSAGE_DELIVERY_TIME, ulOrder: 1 }];
const AT_ONCE = 8;

/** The session and the store that the calls use. */
interface Bench {
  figures: Figures;
  client: SoapClient;
  address: { port: number };
  store: Buffer;
  inbox: Buffer;
  /** Processor time of the store server so far, in seconds. */
  cpu(): number;
}

/** Single calls, several at a time: sessions, saves, loads, and tables of a small and a large folder. */
export async function benchCalls(figures: Figures, quick: boolean): Promise<void> {
  const stack = await startTemporaryStack({});
  try {
    await stack.tenant('soap.test', ['user']);
    const address = { port: stack.port('store-server', 'soap') };
    const client = await SoapClient.logon(address, 'user@soap.test', 'pass');
    const { guid: store = Buffer.alloc(0), sStoreId } = await client.call('getStore', {});
    const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
    const pid = stack.containers.get('store-server')?.pid() ?? 0;
    const inbox = sReceiveFolder?.sEntryId ?? Buffer.alloc(0);
    const bench = { figures, client, address, store, inbox, cpu: () => cpuSeconds(pid) };
    const saved = await benchMessages(bench, quick ? 1 : 4);
    for (const size of quick ? [1000] : [1000, 10_000, 100_000]) await benchTable(bench, saved, size);
  } finally {
    await stack.stop();
  }
}

/** Sessions, saves and loads; gives the messages that were saved. */
async function benchMessages(bench: Bench, scale: number): Promise<Buffer[]> {
  const { figures, client, address } = bench;
  await measure(figures, 'soap logon, getStore, logoff', 150 * scale, async () => {
    const other = await SoapClient.logon(address, 'user@soap.test', 'pass');
    await other.call('getStore', {});
    await other.call('logoff', {});
  });
  const folder = await createFolder(bench, 'saved');
  const saved: Buffer[] = [];
  await measure(figures, 'soap saveObject, 4 KB', 250 * scale, async (n) => saved.push(await save(bench, folder, n)));
  const load = (n: number) => client.call('loadObject', { sEntryId: saved[n % saved.length] ?? Buffer.alloc(0) });
  await measure(figures, 'soap loadObject, 4 KB', 1000 * scale, load);
  const before = bench.cpu();
  for (let n = 0; n < 1000 * scale; n += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => load(n + k)));
  const ms = (bench.cpu() - before) * 1000;
  figures.rate('soap loadObject, 4 KB, of one core', 1000 * scale, ms, 'calls/s', 1500);
  return saved;
}

/** Opens, pages through and seeks in the table of a folder with `size` copies of messages. */
async function benchTable(bench: Bench, messages: readonly Buffer[], size: number): Promise<void> {
  const { figures, client } = bench;
  const sEntryId = await createFolder(bench, `of ${size}`);
  for (let there = 0; there < size; there += 250)
    await client.call('copyObjects', {
      aMessages: messages.slice(0, Math.min(250, size - there)),
      sDestFolderId: sEntryId,
    });
  const [opened, scrolled, sought]: [number[], number[], number[]] = [[], [], []];
  for (let n = 0; n < 20; n++) {
    const start = performance.now();
    const { ulTableId = 0 } = await client.call('tableOpen', { sEntryId, ulTableType: 1, ulType: OBJECT.MESSAGE });
    await client.call('tableSetColumns', { ulTableId, aPropTag: COLUMNS });
    await client.call('tableSort', { ulTableId, aSortOrder: BY_DELIVERY });
    const { sRowSet } = await client.call('tableQueryRows', { ulTableId, ulRowCount: 50 });
    if (sRowSet?.length !== 50) throw new Error(`${sRowSet?.length} rows, not 50`);
    opened.push(performance.now() - start);
    for (let page = 0; page < 10; page++) scrolled.push(await rowsTime(client, ulTableId));
    await client.call('tableSeekRow', { ulTableId, ulBookmark: 0, lRowCount: Math.floor(size / 2) });
    sought.push(await rowsTime(client, ulTableId));
    await client.call('tableClose', { ulTableId });
  }
  figures.time(`soap open, sort, first 50 of ${size}`, median(opened));
  figures.time(`soap next 50 of ${size}`, median(scrolled), 5);
  figures.time(`soap 50 from the middle of ${size}`, median(sought));
}

async function createFolder({ client, inbox }: Bench, szName: string): Promise<Buffer> {
  const made = await client.call('createFolder', { sParentId: inbox, ulType: 1, szName, szComment: '' });
  return made.sEntryId ?? Buffer.alloc(0);
}

async function save({ client, store }: Bench, sParentEntryId: Buffer, n: number): Promise<Buffer> {
  const sEntryId = encodeEntryId({ store, type: OBJECT.MESSAGE, guid: randomBytes(16) });
  const modProps = [
    { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
    { tag: SUBJECT, value: `message ${n}` },
    { tag: PR.BODY, value: 'text of a message. '.repeat(210) },
  ];
  const { er } = await client.call('saveObject', {
    sParentEntryId,
    sEntryId,
    lpsSaveObj: { delProps: [], modProps, bDelete: false, ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.MESSAGE },
  });
  if (er !== 0) throw new Error(`saveObject: 0x${er?.toString(16)}`);
  return sEntryId;
}

/** Does `count` times the same work, eight at a time after a warm-up, and reports the rate and the times of each. */
async function measure(
  figures: Figures,
  figure: string,
  count: number,
  work: (n: number) => Promise<unknown>,
): Promise<void> {
  for (let n = 0; n < Math.min(50, count); n++) await work(n);
  const times: number[] = [];
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const n = next++;
        const start = performance.now();
        await work(n);
        times.push(performance.now() - start);
      }
    }),
  );
  const value = Math.round(count / ((performance.now() - began) / 1000));
  times.sort((a, b) => a - b);
  const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(2));
  figures.report({ figure, value, unit: 'calls/s', p50: at(0.5), p99: at(0.99) });
}

/** Milliseconds until the answer with the next 50 rows has arrived; the time to decode it is not counted. */
async function rowsTime(client: SoapClient, ulTableId: number): Promise<number> {
  const request = { ulSessionId: client.session, ulTableId, ulRowCount: 50, ulFlags: 0 };
  const { envelope } = encodeRequest('tableQueryRows', request);
  const began = performance.now();
  const { body } = await client.post(envelope);
  const ms = performance.now() - began;
  const { sRowSet } = decodeResponse('tableQueryRows', body) as Responses['tableQueryRows'];
  if (sRowSet?.length !== 50) throw new Error(`${sRowSet?.length} rows, not 50`);
  return ms;
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

/** Processor time of a process since its start, in seconds (proc(5): user and system time, in hundredths of a second). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
