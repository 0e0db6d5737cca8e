import { readFileSync } from 'node:fs';
import path from 'node:path';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { decodeRequest } from '../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { OPERATIONS, type OperationName } from '../../shared/protocol/soap/interface.ts';
import { SoapClient } from '../clients/soap-client.ts';
import { startTemporaryStack } from '../local/temporary.ts';
import { readTranscripts, recordedEnvelope } from '../transcripts.ts';
import type { SeededRandom } from './seeded-random.ts';

// Calls a running server with recorded requests whose values were changed: other ids, numbers out of range, long and unusual text, lists that are
// empty or doubled, values left out. Each must be answered with a code, without an unexpected error, and the store must be whole at the end.

/** Operations that end sessions, or wait. */
const LEFT_OUT = new Set(['logon', 'logoff', 'ssoLogon', 'notifyGetItems', 'testPerform', 'removeAllObjects']);

/** Operations by which SYSTEM would remove the objects that later calls need. */
const NOT_BY_SYSTEM = new Set([
  'deleteUser',
  'deleteCompany',
  'removeStore',
  'unhookStore',
  'setUser',
  'deleteObjects',
]);

const NUMBERS = [0, 1, 2, 3, 5, 255, 65_536, 0x7fffffff, 0x80000000, 0xffffffff];
const TEXTS = [
  '',
  'x'.repeat(5000),
  '\u{1f600}'.repeat(300),
  "'; --",
  '\u0007',
  'ANNA@fuzz.test',
  '%',
  '../../x',
  'IPM',
];
const SLOW_MS = 5000;

/** Changes the values of a request; ids become those of real objects, or nearly. */
function changesOf({ random, pick, percent, bytes }: SeededRandom, ids: readonly Buffer[]) {
  const changedBytes = (value: Buffer): Buffer => {
    if (percent(50)) return pick(ids);
    if (percent(20)) return bytes(random(100));
    if (percent(20)) return pick(ids).subarray(0, 1 + random(47));
    const copy = Buffer.from(value.length > 0 ? value : pick(ids));
    if (percent(30)) copy[random(copy.length)] = random(256);
    return copy;
  };
  const changedList = (list: readonly unknown[]): unknown[] => {
    const items = list.map((item) => changed(item)).filter((item) => item !== undefined);
    return percent(10) ? [] : percent(10) ? [...items, ...items] : items;
  };
  const changedObject = (value: object): object =>
    // The tag of a property says how its value is encoded: the tag stays, and so does the presence of a value.
    'tag' in value
      ? { ...value, ...('value' in value ? { value: changed(value.value, false) } : {}) }
      : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, changed(each)]));
  const changed = (value: unknown, optional = true): unknown => {
    if (optional && percent(5)) return undefined;
    if (Buffer.isBuffer(value)) return changedBytes(value);
    if (Array.isArray(value)) return changedList(value);
    if (typeof value === 'string') return percent(30) ? pick(TEXTS) : value;
    if (typeof value === 'number') return percent(30) ? pick(NUMBERS) : value;
    if (typeof value === 'bigint') return percent(30) ? pick([0n, 1n, (1n << 63n) - 1n]) : value;
    if (typeof value === 'boolean') return percent(30) ? !value : value;
    return value && typeof value === 'object' && !(Symbol.asyncIterator in value) ? changedObject(value) : value;
  };
  return (values: object): object => changed(values, false) as object;
}

/** The ids of a store, of two of its folders and of a message, which `save` makes again after a call has deleted it. */
async function objectsOf(client: SoapClient, guid: Buffer): Promise<{ ids: Buffer[]; save(): Promise<unknown> }> {
  const store = await client.call('getStore', {});
  const { sStoreId = Buffer.alloc(0), sRootId = Buffer.alloc(0) } = store;
  const { sReceiveFolder } = await client.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
  const inbox = sReceiveFolder?.sEntryId ?? Buffer.alloc(0);
  const message = encodeEntryId({ store: store.guid ?? Buffer.alloc(16), type: OBJECT.MESSAGE, guid });
  return {
    ids: [sStoreId, sRootId, inbox, message],
    save: () =>
      client.call('saveObject', {
        sParentEntryId: inbox,
        sEntryId: message,
        lpsSaveObj: {
          ...{ delProps: [], modProps: [{ tag: PR.MESSAGE_CLASS, value: 'IPM.Note' }], bDelete: false },
          ...{ ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.MESSAGE },
        },
      }),
  };
}

/** Sends one request; gives the fault of the answer, if it has one. */
async function faultOf(client: SoapClient, name: OperationName, envelope: string): Promise<string | undefined> {
  const began = performance.now();
  const { status, body } = await client.post(envelope);
  const took = Math.round(performance.now() - began);
  const text = body.toString('latin1');
  if (status !== 200 && !text.includes('SOAP-ENV:Client')) return `${name}: HTTP ${status} ${text.slice(0, 300)}`;
  return took > SLOW_MS ? `${name}: took ${took} ms` : undefined;
}

/** Faults that the server has logged. */
function loggedFaults(data: string): string[] {
  const lines = readFileSync(path.join(data, 'log', 'store-server.log'), 'utf8').split('\n');
  const faults = lines.filter((line) => line.includes('an operation failed') || line.includes('a request failed'));
  return faults.slice(0, 10).map((line) => line.slice(0, 600));
}

/** True when every call was answered with a code, and the store was whole at the end. */
export async function fuzzSoapCalls(quick: boolean, random: SeededRandom): Promise<boolean> {
  const { pick, percent, bytes } = random;
  const stack = await startTemporaryStack({ durable: false });
  try {
    await stack.tenant('fuzz.test', ['anna', 'bert']);
    const anna = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, 'anna@fuzz.test', 'pass');
    const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
    const { ids, save } = await objectsOf(anna, bytes(16));
    const change = changesOf(random, ids);
    const samples = Map.groupBy(readTranscripts(), ({ op }) => op);
    const operations = (Object.keys(OPERATIONS) as OperationName[]).filter((name) => !LEFT_OUT.has(name));
    const count = quick ? 2500 : 20_000;
    const wrong: string[] = [];
    let sent = 0;
    while (sent < count && wrong.length < 10) {
      const name = pick(operations);
      const bySystem = percent(20) && !NOT_BY_SYSTEM.has(name);
      const client = bySystem ? system : anna;
      const sample = samples.get(name);
      const values = sample ? decodeRequest(recordedEnvelope(pick(sample).request)).values : {};
      const session = { ulSessionId: client.session, ecSessionId: client.session, 'session-id': client.session };
      const encoded = encodeRequest(name, { ...change(values), ...session });
      if (encoded.attachments.length > 0) continue;
      sent++;
      const fault = await faultOf(client, name, encoded.envelope);
      if (fault !== undefined) wrong.push(fault);
      if (sent % 50 === 0) await save();
    }
    wrong.push(...loggedFaults(stack.data));
    wrong.push(...(await stack.fsck()).map((problem) => `fsck: ${JSON.stringify(problem)}`));
    for (const line of wrong) console.log(line);
    console.log(`fuzz calls: ${sent} calls, ${wrong.length} faults`);
    return wrong.length === 0;
  } finally {
    await stack.stop();
  }
}
