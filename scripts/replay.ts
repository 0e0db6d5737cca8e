import { parseArgs } from 'node:util';
import { openDatabase, unguarded } from '../shared/database/database.ts';
import { PT, propertyType } from '../shared/mapi/property-tags.ts';
import { decodeRequest, decodeResponse } from '../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../shared/protocol/soap/encode.ts';
import type { Inconsistency } from '../shared/store/upkeep/fsck.ts';
import { ignoreLostConnection } from './clients/connection-lost.ts';
import { envelopeOf, type RawAnswer, type SoapAddress, SoapClient } from './clients/soap-client.ts';
import { makeTenant } from './local/demo.ts';
import { startTemporaryStack } from './local/temporary.ts';
import { type Exchange, readTranscripts, recordedEnvelope } from './transcripts.ts';

// Sends the recorded requests of real clients to a fresh server of ours, in order, and compares its answers with those of the recorded
// server: elements, types, order, and every value that does not depend on ids, times or sizes of objects.

const { values: flags } = parseArgs({
  options: {
    verbose: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    until: { type: 'string', default: '' },
  },
});

const exchanges = readTranscripts(flags.only);

/** Ids that a server assigns, by the names of the elements that contain them. */
const NUMBERS = new Set([
  'ulSessionId',
  'ulTableId',
  'ulSyncId',
  'ulUserId',
  'ulUserid',
  'ulGroupId',
  'ulSenderId',
  'ulChangeId',
  'ulMaxChangeId',
  'ulServerId',
  'ulObjId',
  'ulId',
  'lpsPropTags',
  'session-id',
]);

/** Properties whose values depend on ids, times or sizes: only their presence and type are compared. */
const VOLATILE = new Set([
  0x3007, 0x3008, 0x670a, 0x0e08, 0x0e20, 0x6782, 0x65e0, 0x65e1, 0x65e2, 0x65e3, 0x6711, 0x6715, 0x66a2, 0x66a3,
  0x6742, 0x674d, 0x6743, 0x674a, 0x674b, 0x674c, 0x6744, 0x6745, 0x6741, 0x0ff6, 0x0ff9, 0x678d,
]);

/** Elements that contain ids of the same kind under another name. */
const SAME_NUMBER: Record<string, string> = {
  'session-id': 'ulSessionId',
  ulMaxChangeId: 'ulChangeId',
  ulObjId: 'ulServerId',
};

/** Known differences, each with its reason and the highest number allowed: any other difference is a failure. */
const KNOWN: [pattern: RegExp, most: number, reason: string][] = [
  [/1729429507 recorded/, 13, 'a property that their cache of tables leaves behind (0x67150003)'],
  [
    /920191234 recorded/,
    6,
    'the order of the two values of PR_FREEBUSY_ENTRYIDS and of additional ids depends on their cache',
  ],
  [/aPropVal: 37 items/, 1, 'one property less of a user who has just been made'],
  [/tableGetSearchCriteria/, 1, 'a search is up to date at once, and says so'],
  [/did not come/, 6, 'a client that stopped listening at once is not told, or is told once of two changes'],
];

/** Figures of parts that only the recorded server has: its caches, threads, queue, search index, directory server and allocator. */
const NOTHING_LIKE_IT =
  /^(cache_(?!purge)|threads|queue|search|index_search|ldap_|tc_|pt_|persist_|deferred_|row_reads|counter_resyncs|sess_int_|sess_grp_|sql_connect|max_|db_connections|machine_id|.*_size$)/;

/** From this file on the recorded server had times of its users' logons. */
const LOGON_TIMES_FROM = '04';

/** Notifications beyond the recorded ones: two changes at the same moment may be notified as one or as two. */
const MOST_UNRECORDED = 6;

/** Names of our server for values that have another name on the recorded one. */
const ours = new Map<string, string>();
const keyOf = (name: string, value: number | bigint): string =>
  `${NUMBERS.has(name) ? (SAME_NUMBER[name] ?? name).toLowerCase() : name}=${value}`;

const sessions = new Map<string, SoapAddress>();

function translate(value: unknown, name = ''): unknown {
  if (Buffer.isBuffer(value)) {
    const known = ours.get(value.toString('base64'));
    return known === undefined ? value : Buffer.from(known, 'base64');
  }
  if (Array.isArray(value)) return value.map((item) => translate(item, name));
  if ((typeof value === 'number' || typeof value === 'bigint') && NUMBERS.has(name)) {
    const known = ours.get(keyOf(name, value));
    if (known === undefined) return value;
    return typeof value === 'bigint' ? BigInt(known) : Number(known);
  }
  if (value && typeof value === 'object' && !(Symbol.asyncIterator in value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, translate(inner, key)]));
  return value;
}

/** Compares two answers, learns which ids correspond, and gives the first difference. */
function compare(recorded: unknown, answer: unknown, at: string): string | undefined {
  if (Buffer.isBuffer(recorded)) return compareBytes(recorded, answer, at);
  if (Array.isArray(recorded)) {
    if (!Array.isArray(answer)) return `${at}: a list is missing`;
    for (let i = 0; i < Math.min(recorded.length, answer.length); i++) {
      const difference = compare(recorded[i], answer[i], `${at}[${i}]`);
      if (difference) return difference;
    }
    return recorded.length === answer.length
      ? undefined
      : `${at}: ${recorded.length} items recorded, ${answer.length} answered`;
  }
  const name = at.slice(at.lastIndexOf('.') + 1).replace(/\[.*/, '');
  if (
    (typeof recorded === 'number' || typeof recorded === 'bigint') &&
    NUMBERS.has(name) &&
    typeof answer === typeof recorded
  ) {
    // The id 0 means no user on both servers.
    if ((Number(recorded) === 0) !== (Number(answer) === 0) && name !== 'ulServerId')
      return `${at}: ${recorded} recorded, ${answer} answered`;
    ours.set(keyOf(name, recorded), String(answer));
    return undefined;
  }
  // Sizes depend on how a server stores an object.
  if (name === 'llStoreSize' && typeof answer === typeof recorded) return undefined;
  if (recorded && typeof recorded === 'object') return compareObjects(recorded as Record<string, unknown>, answer, at);
  return recorded === answer ? undefined : `${at}: ${show(recorded)} recorded, ${show(answer)} answered`;
}

function compareObjects(recorded: Record<string, unknown>, answered: unknown, at: string): string | undefined {
  if (!answered || typeof answered !== 'object') return `${at}: missing`;
  const answer = answered as Record<string, unknown>;
  if ('tag' in recorded && 'value' in recorded) {
    const [a, b] = [Number(recorded.tag), Number(answer.tag)];
    if (a !== b) return `${at}: property 0x${hex(a)} recorded, 0x${hex(b)} answered`;
    const volatile = VOLATILE.has(a >>> 16) || (propertyType(a) === PT.SYSTIME && at.includes('readAB'));
    const difference = compare(recorded.value, answer.value, `${at}(0x${hex(a)})`);
    return volatile && typeof recorded.value === typeof answer.value ? undefined : difference;
  }
  const keys = new Set([...Object.keys(recorded), ...Object.keys(answer)]);
  for (const key of keys) {
    if (recorded[key] === undefined && answer[key] === undefined) continue;
    if (recorded[key] === undefined) return `${at}.${key}: answered, and not recorded`;
    const difference = compare(recorded[key], answer[key], `${at}.${key}`);
    if (difference) return difference;
  }
  return undefined;
}

function compareBytes(recorded: Buffer, answer: unknown, at: string): string | undefined {
  if (!Buffer.isBuffer(answer)) return `${at}: bytes recorded, none answered`;
  if (recorded.equals(answer)) return undefined;
  if ((recorded.length === 0) !== (answer.length === 0))
    return `${at}: ${recorded.length} bytes recorded, ${answer.length} answered`;
  const key = recorded.toString('base64');
  const known = ours.get(key);
  if (known !== undefined && known !== answer.toString('base64') && recorded.length >= 36)
    return `${at}: another object than before`;
  // Ids are compared by their correspondence; text in bytes is compared as it is.
  if (recorded.length < 8 && !at.includes('0ff9')) return `${at}: other bytes`;
  ours.set(key, answer.toString('base64'));
  return undefined;
}

interface Waiting {
  exchange: Exchange;
  session: string;
  /** Undefined when the server closed the connection. */
  answer: Promise<RawAnswer | undefined>;
  /** The same call, once more. */
  again: () => Promise<RawAnswer>;
}

/** Calls for notifications that are waiting: all of them, and the last of each session. */
const waits: Waiting[] = [];
const listening = new Map<string, Waiting>();
const pause = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(() => resolve(undefined), ms));

/** Attachments of an envelope are not compared. */
const beside = (): AsyncIterable<Buffer> => (async function* () {})();

/** fnevObjectModified. */
const MODIFIED = 16;

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const show = (value: unknown): string => (value === undefined ? 'nothing' : String(value).slice(0, 60));

const stack = await startTemporaryStack({
  durable: false,
  options: {
    enable_hosted_kopano: 'no',
    disabled_features: '',
    softdelete_lifetime: 30,
    outgoing_transport: 'smtp',
    smtp_server: '127.0.0.1',
    smtp_port: 9,
  },
});
let matched = 0;
let problems: Inconsistency[] = [];
/** Notifications that arrived but are in no recorded answer. */
let unrecorded = 0;
const differences: { exchange: Exchange; why: string }[] = [];
try {
  await makeTenant(stack.database, { enable_hosted_kopano: 'no' }, 'default', ['example.com', 'localhost'], []);
  await removePublicStore();
  const tcp: SoapAddress = { port: stack.port('store-server', 'soap') };
  const local: SoapAddress = { socketPath: stack.soapSocket };
  let file = exchanges[0]?.file;
  for (const exchange of exchanges) {
    // The recorded server wrote the times of logons now and then; ours does so every five minutes and at its end.
    if (file !== exchange.file && exchange.file === LOGON_TIMES_FROM) {
      await checkNotifications();
      await restartServer();
    }
    file = exchange.file;
    if (flags.until && `${exchange.file}:${exchange.line}` === flags.until) break;
    const why = await play(exchange, tcp, local).catch((error: unknown) => `failed: ${String(error).slice(0, 200)}`);
    if (why === undefined) matched++;
    else differences.push({ exchange, why });
  }
  await checkNotifications();
  problems = await stack.fsck();
} finally {
  await stack.stop();
}
const known = report();
for (const problem of problems) console.log(`fsck: ${JSON.stringify(problem)}`);
console.log(`${unrecorded} notifications arrived that were not recorded (at most ${MOST_UNRECORDED} are allowed)`);
console.log(`replay: ${matched} of ${exchanges.length} exchanges match`);
process.exit(known && problems.length === 0 && unrecorded <= MOST_UNRECORDED ? 0 : 1);

async function play(exchange: Exchange, tcp: SoapAddress, local: SoapAddress): Promise<string | undefined> {
  const { op } = exchange;
  const { values } = decodeRequest(recordedEnvelope(exchange.request));
  const recordedSession = String(
    (values as { ulSessionId?: bigint; 'session-id'?: bigint }).ulSessionId ??
      (values as { 'session-id'?: bigint })['session-id'],
  );
  const system = (values as { szUsername?: string }).szUsername === 'SYSTEM';
  const trusted = system || (values as { szPassword?: string }).szPassword === '';
  const address = op === 'logon' ? (trusted ? local : tcp) : (sessions.get(recordedSession) ?? tcp);
  const request = encodeRequest(op, translate(values) as Record<string, unknown>).envelope;
  const client = new SoapClient(address);
  if (op === 'notifyGetItems') {
    // The call waits for a notification while the client sends other calls; the next such call is sent after its answer.
    await Promise.race([listening.get(recordedSession)?.answer, pause(300)]);
    const again = () => client.post(request);
    const waiting = { exchange, session: recordedSession, answer: again().catch(ignoreLostConnection), again };
    listening.set(recordedSession, waiting);
    waits.push(waiting);
    return undefined;
  }
  return check(exchange, await client.post(request), address);
}

/**
 * Two notifications may arrive in one answer or in two, depending on time: each recorded one must have arrived in the session, whole, in any
 * answer.
 */
async function checkNotifications(): Promise<void> {
  for (const [, group] of Map.groupBy(waits.splice(0), ({ session }) => session)) {
    const came: Record<string, unknown>[] = [];
    const matchedBefore: Record<string, unknown>[] = [];
    for (const { answer } of group) {
      const answered = await Promise.race([answer, pause(200)]);
      if (answered?.status === 200) came.push(...notifications(decodeResponse('notifyGetItems', answered.body)));
    }
    for (const { exchange, again } of group) {
      const recorded = decodeResponse('notifyGetItems', recordedEnvelope(exchange.response));
      if (Number(recorded.er) !== 0) {
        const answered = decodeResponse('notifyGetItems', (await again()).body);
        differ(exchange, compare(recorded.er, answered.er, 'notifyGetItems.er'));
        continue;
      }
      let why: string | undefined;
      for (const item of notifications(recorded)) {
        const found = came.findIndex((each) => same(item, each));
        if (found >= 0) matchedBefore.push(...came.splice(found, 1));
        // One notification may stand for two changes of an object.
        else if (item.ulEventType !== MODIFIED || !matchedBefore.some((each) => same(item, each)))
          why ??= `notifyGetItems: did not come: ${describe(item)}`;
      }
      differ(exchange, why);
    }
    unrecorded += came.length;
    if (flags.verbose) for (const item of came) console.log(`not recorded: ${describe(item)} ${item.ulConnection}`);
  }
  listening.clear();
}

/** Whether a health check answers well; no answer at all is a server that has not started yet. */
function isUp(address: string): Promise<boolean> {
  return fetch(address).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Counts an exchange as different after all, when there is a reason. */
function differ(exchange: Exchange, why: string | undefined): void {
  if (why === undefined) return;
  matched--;
  differences.push({ exchange, why });
}

async function restartServer(): Promise<void> {
  const container = stack.containers.get('store-server');
  const before = container?.pid() ?? 0;
  process.kill(before, 'SIGTERM');
  const address = `http://127.0.0.1:${stack.port('store-server', 'soap')}/health`;
  for (let tries = 0; tries < 300; tries++) {
    await pause(100);
    if (container?.pid() !== before && (await isUp(address))) return;
  }
  throw new Error('the store server did not come up again');
}

function notifications(values: Record<string, unknown>): Record<string, unknown>[] {
  return (values.pNotificationArray as Record<string, unknown>[] | undefined) ?? [];
}

function same(recorded: unknown, answer: unknown): boolean {
  return compare(recorded, answer, 'notification') === undefined;
}

/** Its kind, and which structures it has. */
function describe(item: Record<string, unknown>): string {
  return Object.entries(item)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (typeof value === 'object' ? name : `${name} ${value}`))
    .join(', ')
    .replace(/ulConnection \d+, /, '');
}

function check(exchange: Exchange, answered: RawAnswer, address: SoapAddress): string | undefined {
  const { op } = exchange;
  if (answered.status !== 200)
    return `HTTP ${answered.status}: ${/<faultstring>(.*?)</.exec(answered.body.toString('utf8'))?.[1]}`;
  const answer = decodeResponse(op, envelopeOf(answered.body), beside);
  const recorded = decodeResponse(
    op,
    exchange.responseType ? envelopeOf(Buffer.from(exchange.response, 'latin1')) : recordedEnvelope(exchange.response),
    beside,
  );
  if (op === 'logon') sessions.set(String(recorded.ulSessionId), address);
  dropStreams(recorded);
  dropStreams(answer);
  const figures = figuresOf(recorded);
  return figures ? compareFigures(figures, figuresOf(answer) ?? new Map()) : compare(recorded, answer, op);
}

/** Names and values of figures, in an answer with the rows of system statistics. */
function figuresOf(values: Record<string, unknown>): Map<string, string> | undefined {
  const rows = (values.sRowSet as { value: unknown }[][] | undefined) ?? [];
  if (rows[0]?.[0]?.value !== 'server_start_date') return undefined;
  return new Map(rows.map(([name, description]) => [String(name?.value), String(description?.value)]));
}

/** Statistics have other values, and current ones no order; their names and descriptions must be the same. */
function compareFigures(recorded: Map<string, string>, answered: Map<string, string>): string | undefined {
  const expected = [...recorded.keys()].filter((name) => !NOTHING_LIKE_IT.test(name));
  const present = [...answered.keys()].filter((name) => recorded.has(name));
  if (expected.sort().join() !== present.sort().join()) return `statistics: ${expected} recorded, ${present} answered`;
  const other = present.find((name) => recorded.get(name) !== answered.get(name));
  return other && `statistics: ${other} has another description`;
}

/** Streams are compared by the round trip of the stream tests. */
function dropStreams(values: Record<string, unknown>): void {
  for (const item of (values.sMsgStreams as Record<string, unknown>[] | undefined) ?? []) delete item.sStreamData;
}

/** A fresh server with one tenant has no public store until an administrator makes one. */
async function removePublicStore(): Promise<void> {
  const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 1 });
  const store = await db
    .selectFrom('stores')
    .select(['id', 'tenant_id'])
    .where('kind', '=', 'public')
    .executeTakeFirstOrThrow();
  for (const table of ['changes', 'folders'] as const)
    await unguarded(db)
      .deleteFrom(table)
      .where('tenant_id', '=', store.tenant_id)
      .where('store_id', '=', store.id)
      .execute();
  await unguarded(db)
    .deleteFrom('stores')
    .where('tenant_id', '=', store.tenant_id)
    .where('id', '=', store.id)
    .execute();
  await db.destroy();
}

/** Prints the differences by operation and kind; true when all of them are known. */
function report(): boolean {
  const groups = Map.groupBy(
    differences,
    ({ exchange, why }) => `${exchange.op}: ${why.replace(/\[\d+\]/g, '[]').replace(/^[\w-]+/, '')}`,
  );
  const counts = new Map<RegExp, number>();
  let known = true;
  for (const [text, group] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    const first = group[0]?.exchange;
    const [pattern, most = 0, reason] = KNOWN.find(([each]) => each.test(text)) ?? [];
    if (pattern) counts.set(pattern, (counts.get(pattern) ?? 0) + group.length);
    const expected = pattern !== undefined && (counts.get(pattern) ?? 0) <= most;
    if (!expected) known = false;
    console.log(
      `${String(group.length).padStart(5)}  ${text.slice(0, 150)}  (first ${first?.file}:${first?.line})\n       ${expected ? reason : 'NOT KNOWN'}`,
    );
  }
  return known;
}
