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

// Calls a running server with recorded requests whose values were changed: other ids, numbers out of range, long and strange text, lists that are
// empty or double, parts left out. Each must be answered with a code; nothing may fail that nobody foresaw, and the store must be whole at the end.

/** They end sessions, or wait. */
const LEFT_OUT = new Set(['logon', 'logoff', 'ssoLogon', 'notifyGetItems', 'testPerform', 'removeAllObjects']);

/** SYSTEM would take away what the others stand on. */
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

/** Whether all went well. */
export async function fuzzSoapCalls(quick: boolean, { random, pick, percent, bytes }: SeededRandom): Promise<boolean> {
  const stack = await startTemporaryStack({ durable: false });
  try {
    await stack.tenant('fuzz.test', ['anna', 'bert']);
    const port = stack.port('store-server', 'soap');
    const anna = await SoapClient.logon({ port }, 'anna@fuzz.test', 'pass');
    const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
    const { sStoreId = Buffer.alloc(0), sRootId = Buffer.alloc(0), guid } = await anna.call('getStore', {});
    const { sReceiveFolder } = await anna.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
    const inbox = sReceiveFolder?.sEntryId ?? Buffer.alloc(0);
    const message = encodeEntryId({ store: guid ?? Buffer.alloc(16), type: OBJECT.MESSAGE, guid: bytes(16) });
    const ids = [sStoreId, sRootId, inbox, message];
    const save = () =>
      anna.call('saveObject', {
        sParentEntryId: inbox,
        sEntryId: message,
        lpsSaveObj: {
          ...{ delProps: [], modProps: [{ tag: PR.MESSAGE_CLASS, value: 'IPM.Note' }], bDelete: false },
          ...{ ulClientId: 0, ulServerId: 0, ulObjType: OBJECT.MESSAGE },
        },
      });

    const changed = (value: unknown, inside = true): unknown => {
      if (inside && percent(5)) return undefined;
      if (Buffer.isBuffer(value)) {
        if (percent(50)) return pick(ids);
        if (percent(20)) return bytes(random(100));
        if (percent(20)) return pick(ids).subarray(0, 1 + random(47));
        const copy = Buffer.from(value.length > 0 ? value : pick(ids));
        if (percent(30)) copy[random(copy.length)] = random(256);
        return copy;
      }
      if (Array.isArray(value)) {
        const items = value.map((item) => changed(item)).filter((item) => item !== undefined);
        return percent(10) ? [] : percent(10) ? [...items, ...items] : items;
      }
      if (typeof value === 'string') return percent(30) ? pick(TEXTS) : value;
      if (typeof value === 'number') return percent(30) ? pick(NUMBERS) : value;
      if (typeof value === 'bigint') return percent(30) ? pick([0n, 1n, (1n << 63n) - 1n]) : value;
      if (typeof value === 'boolean') return percent(30) ? !value : value;
      if (value && typeof value === 'object' && !(Symbol.asyncIterator in value))
        // A property's tag says how its value is written: it stays, as does that there is a value.
        return 'tag' in value
          ? { ...value, ...('value' in value ? { value: changed(value.value, false) } : {}) }
          : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, changed(each)]));
      return value;
    };

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
      const encoded = encodeRequest(name, { ...(changed(values, false) as object), ...session });
      if (encoded.attachments.length > 0) continue;
      sent++;
      const began = performance.now();
      const { status, body } = await client.post(encoded.envelope);
      const text = body.toString('latin1');
      if (status !== 200 && !text.includes('SOAP-ENV:Client'))
        wrong.push(`${name}: HTTP ${status} ${text.slice(0, 300)}`);
      if (performance.now() - began > SLOW_MS) wrong.push(`${name}: took ${Math.round(performance.now() - began)} ms`);
      if (sent % 50 === 0) await save();
    }
    const log = readFileSync(path.join(stack.data, 'log', 'store-server.log'), 'utf8');
    const failures = log
      .split('\n')
      .filter((line) => line.includes('an operation failed') || line.includes('a request failed'));
    wrong.push(...failures.slice(0, 10).map((line) => line.slice(0, 600)));
    wrong.push(...(await stack.fsck()).map((problem) => `fsck: ${JSON.stringify(problem)}`));
    for (const line of wrong) console.log(line);
    console.log(`fuzz calls: ${sent} calls, ${wrong.length} that should not be`);
    return wrong.length === 0;
  } finally {
    await stack.stop();
  }
}
