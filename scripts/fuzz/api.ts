import { type ApiClient, apiClient } from '../clients/api-client.ts';
import { startTemporaryStack } from '../local/temporary.ts';
import { type Fixture, fillPath, makeFixture, type Operation, readOperations, validBody } from './api-requests.ts';
import type { SeededRandom } from './seeded-random.ts';

// Requests made from the API's own OpenAPI document, most of them with something changed: values out of range and of other types, fields left out or
// added, names that nobody has, credentials of every kind. Each must be answered with a status that the document has for the route, below 500,
// and every refusal as problem details; at the end the databases must be whole and the tenants that were not named untouched.

const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\r\nb: c',
  '\ud800',
  '\u202e',
  '\u{1f600}'.repeat(200),
  'x'.repeat(5000),
  '../../..',
  "' OR 1=1 --",
  '%',
  '_',
  '1e400',
  'NaN',
  '-1',
  'null',
  '__proto__',
  'SYSTEM',
  'Everyone',
  '@',
  'a@b@c.test',
  'admin@bystander.test',
  'bystander.test',
  'co.uk',
  '9'.repeat(30),
];
const NUMBERS = [0, -1, 1, 1.5, 255, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, -(2 ** 63), 1e308];
const SLOW_MS = 10_000;
/** Requests of one round; each round has a tenant of its own. */
const REQUESTS = 100;

/** Operations that would make all later requests fail. */
const LEFT_OUT = new Set(['POST /v1/tenants/{tenant}/delete', 'POST /v1/tenants/{tenant}/suspend']);

/** Whether all went well. */
export async function fuzzApi(quick: boolean, dice: SeededRandom): Promise<boolean> {
  const stack = await startTemporaryStack({ durable: false });
  try {
    const port = stack.apiPort ?? 0;
    const api = apiClient(port);
    await makeFixture(api, 'bystander');
    const bystander = async () =>
      JSON.stringify((await api('GET', '/v1/tenants/bystander/export', { as: 'provider' })).body);
    const before = await bystander();
    const operations = (await readOperations(port)).filter(({ method, path }) => !LEFT_OUT.has(`${method} ${path}`));
    const wrong: string[] = [];
    const statuses = new Map<number, number>();
    const rounds = quick ? 15 : 200;
    for (let round = 0; round < rounds; round++) {
      // Each round makes again the objects that the round before has deleted.
      const fixture = await makeFixture(api, `fuzzed${round}`);
      const callers = await makeCallers(api, fixture);
      for (let n = 0; n < REQUESTS; n++) {
        const operation = dice.pick(operations);
        const request = makeRequest(operation, fixture, round * REQUESTS + n, dice);
        const as = dice.pick(callers);
        const { status, fault } = await tryRequest(`http://127.0.0.1:${port}`, operation, request, as);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (fault)
          wrong.push(
            `${operation.method} ${request.target} as ${as.name} ${request.body?.slice(0, 500) ?? ''}: ${fault}`,
          );
      }
    }
    if ((await bystander()) !== before) wrong.push('a tenant that nobody had a key of was changed');
    wrong.push(...(await stack.fsck()).map((problem) => JSON.stringify(problem)));
    for (const line of wrong.slice(0, 20)) console.log(line);
    const seen = [...statuses].sort(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
    console.log(`fuzz api: ${rounds * REQUESTS} requests (${seen.join(', ')}), ${wrong.length} wrong`);
    return wrong.length === 0;
  } finally {
    await stack.stop();
  }
}

interface FuzzRequest {
  target: string;
  body: string | undefined;
  headers: Record<string, string>;
}

async function tryRequest(
  base: string,
  operation: Operation,
  { target, body, headers }: FuzzRequest,
  as: FuzzCaller,
): Promise<{ status: number; fault: string | undefined }> {
  const began = performance.now();
  const response = await fetch(`${base}${as.prefix}${target}`, {
    method: operation.method,
    headers: { ...as.headers, ...headers },
    body,
  });
  const text = await response.text();
  const took = performance.now() - began;
  const fault = faultOf(operation, response, text) ?? (took > SLOW_MS ? `took ${took.toFixed(0)} ms` : undefined);
  return { status: response.status, fault };
}

interface FuzzCaller {
  name: string;
  prefix: string;
  headers: Record<string, string>;
}

/** The provider's key most often, since it reaches most; keys of each scope; and invalid keys. */
async function makeCallers(api: ApiClient, { tenant, domain }: Fixture): Promise<FuzzCaller[]> {
  const signature = `AWS4-HMAC-SHA256 Credential=provider/20261121/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const provider = { name: 'provider', prefix: '', headers: { authorization: signature } };
  const keys: FuzzCaller[] = [];
  for (const scope of ['tenant', 'domain', 'create-users']) {
    const body = { name: scope, scope, ...(scope === 'domain' ? { domain } : {}) };
    const { secret } = (await api('POST', `/v1/tenants/${tenant}/keys`, { as: 'provider', body })).body;
    keys.push({ name: scope, prefix: '/admin', headers: { authorization: `Bearer ${secret}` } });
  }
  return [
    ...Array.from({ length: 12 }, () => provider),
    ...[...keys, ...keys],
    { name: 'nobody', prefix: '/admin', headers: {} },
    { name: 'garbage', prefix: '/admin', headers: { authorization: 'Bearer kc_\u00ff' } },
  ];
}

function makeRequest(operation: Operation, fixture: Fixture, number: number, dice: SeededRandom): FuzzRequest {
  const { pick, percent } = dice;
  const path = Object.fromEntries(
    Object.entries(fixture.path).map(([name, value]) => [name, name !== 'tenant' && percent(8) ? odd(dice) : value]),
  );
  // Mostly the tenant that the keys belong to; never the one that must stay unchanged.
  if (percent(5)) path.tenant = `no-${number}`;
  const query = operation.parameters
    .filter((parameter) => parameter.in === 'query' && percent(40))
    .map(({ name }) => `${percent(5) ? 'other' : name}=${encodeURIComponent(odd(dice))}`);
  const target = fillPath(operation.path, path) + (query.length > 0 ? `?${query.join('&')}` : '');
  const headers: Record<string, string> = {};
  if (percent(20))
    headers['idempotency-key'] = percent(50) ? `key ${number}` : pick(['', 'x'.repeat(300), 'same', "'"]);
  if (!operation.body) return { target, body: undefined, headers };
  const valid = validBody(operation.body, fixture, number);
  const text = JSON.stringify(percent(50) ? valid : changed(valid, dice));
  const body = percent(3) ? text?.slice(0, -1) : percent(1) ? '['.repeat(50_000) : text;
  return { target, body, headers: { ...headers, 'content-type': 'application/json' } };
}

/** A text that a URL can have in it. */
const odd = ({ pick }: SeededRandom): string => pick(TEXTS).toWellFormed().slice(0, 1000) || '%';

/** A value with something changed, at any depth. */
function changed(value: unknown, dice: SeededRandom): unknown {
  const { pick, percent } = dice;
  if (percent(10)) return pick([null, true, {}, [], pick(TEXTS), pick(NUMBERS), [[]], undefined]);
  if (Array.isArray(value)) return percent(10) ? Array(200).fill(value[0]) : value.map((item) => changed(item, dice));
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).flatMap(([name, field]) =>
      percent(10) ? [] : [[name, percent(30) ? changed(field, dice) : field]],
    );
    return Object.fromEntries([...fields, ...(percent(5) ? [[pick(TEXTS), 1]] : [])]);
  }
  if (typeof value === 'string') return percent(60) ? pick(TEXTS) : value;
  return typeof value === 'number' && percent(60) ? pick(NUMBERS) : value;
}

/** The fault of an answer, if it has one. */
function faultOf(operation: Operation, response: Response, text: string): string | undefined {
  const { status } = response;
  if (status >= 500 || !operation.statuses.includes(status)) return `status ${status} ${text.slice(0, 300)}`;
  const type = response.headers.get('content-type') ?? '';
  if (status === 204) return text === '' ? undefined : 'a body with 204';
  const json = parsed(text);
  if (status < 300) return type === 'application/json' && json ? undefined : `a success of type ${type}`;
  return type === 'application/problem+json' && json?.status === status && typeof json.type === 'string'
    ? undefined
    : `no problem details (${type}): ${text.slice(0, 300)}`;
}

function parsed(text: string): { status?: unknown; type?: unknown } | undefined {
  try {
    return JSON.parse(text) as { status?: unknown; type?: unknown };
  } catch {
    return undefined;
  }
}
