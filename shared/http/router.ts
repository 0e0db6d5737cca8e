import { z } from 'zod';
import { invalidRequest, PROBLEMS, type Problem, ProblemError, type ProblemTable, problemOf } from './problem.ts';
import type { Route } from './route.ts';

export interface HttpRequest {
  method: string;
  /** The path as it was sent, percent-encoded. */
  path: string;
  query: Record<string, string | undefined>;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  body: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  /** Undefined with status 204. */
  body: string | undefined;
}

/** A request that came with an Idempotency-Key. */
export interface RepeatableRequest {
  /** The client's key; it is unique for one caller only. */
  key: string;
  /** What two requests with one key must have in common to be the same request. */
  request: unknown;
}

/** An API: its routes, and how its errors become problems. */
export interface Api<Scope extends object, Audience> {
  routes: readonly Route<Scope, Audience>[];
  problems: ProblemTable;
  /** Takes the path of a route out of the path of a request, for an API that is served under several prefixes. */
  routePath?: (path: string) => string;
  /** Documents by path, which anybody may read. */
  documents?: Record<string, () => object>;
  /** Carries a repeatable request out once, or gives its first answer again. Absent: the header Idempotency-Key is ignored. */
  runOnce?: (scope: Scope, request: RepeatableRequest, run: () => Promise<unknown>) => Promise<unknown>;
}

/** How an API authorizes a request and reports its errors. */
export interface RequestHandling<Scope extends object, Audience> {
  /** Finds out who calls and whether the caller may use the route, before its query and body are read. Throws a problem. */
  authorize(route: Route<Scope, Audience>, parameters: Record<string, string>): Promise<Scope>;
  /** Gets errors that are the server's fault. */
  onError(error: unknown): void;
}

/** Answers requests; every failure becomes problem details (RFC 9457). */
export function createRouter<Scope extends object, Audience>(api: Api<Scope, Audience>) {
  const compiled = api.routes.map((route) => ({ route, pattern: pathPattern(route.path) }));

  const respond = async (
    request: HttpRequest,
    { authorize }: RequestHandling<Scope, Audience>,
  ): Promise<HttpResponse> => {
    const path = api.routePath?.(request.path) ?? request.path;
    const document = api.documents?.[path];
    if (document) return json(200, document());
    const { route, parameters } = findRoute(compiled, request.method, path);
    const scope = await authorize(route, parameters);
    const body = parseBody(route, request);
    const query = parseQuery(route, request);
    const run = () => route.run({ ...scope, path: parameters, query, body });
    const repeatable = repeatableRequest(route, request, body);
    const result = await (repeatable && api.runOnce ? api.runOnce(scope, repeatable, run) : run());
    return route.status === 204 ? { status: 204, headers: {}, body: undefined } : json(route.status, result);
  };

  return async (request: HttpRequest, handling: RequestHandling<Scope, Audience>): Promise<HttpResponse> => {
    try {
      return await respond(request, handling);
    } catch (error) {
      const found = problemOf(error, api.problems);
      if (!found || found.status >= 500) handling.onError(error);
      return problemResponse(found ?? PROBLEMS.internal);
    }
  };
}

const pathPattern = (path: string): RegExp => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);

function findRoute<Found extends { method: string }>(
  compiled: readonly { route: Found; pattern: RegExp }[],
  method: string,
  path: string,
): { route: Found; parameters: Record<string, string> } {
  const matches = compiled.flatMap(({ route, pattern }) => {
    const match = pattern.exec(path);
    return match ? [{ route, groups: match.groups ?? {} }] : [];
  });
  // Decoded before the method is looked at: a path with an impossible name is not found, whatever the method.
  const decoded = matches.map(({ route, groups }) => ({
    route,
    parameters: Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeName(value)])),
  }));
  const found = decoded.find(({ route }) => route.method === method);
  if (!found) throw new ProblemError(matches.length > 0 ? PROBLEMS.methodNotAllowed : PROBLEMS.notFound);
  return found;
}

/** Names have no blanks at their ends and no control characters, so a path with such a name names nothing. */
const NOT_A_NAME = /^\s|\s$|\p{Cc}/u;

function decodeName(text: string): string {
  const decoded = decodePercent(text);
  if (decoded === undefined || NOT_A_NAME.test(decoded)) throw new ProblemError(PROBLEMS.notFound);
  return decoded;
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const NO_QUERY = z.strictObject({});

/** Unknown parameters are refused: a misspelt `after` would give the first page again. */
function parseQuery({ query = NO_QUERY }: { query: z.ZodObject | undefined }, request: HttpRequest): unknown {
  const result = query.safeParse(request.query);
  if (!result.success) throw invalidRequest(result.error);
  return result.data;
}

function parseBody({ body }: { body: z.ZodType | undefined }, request: HttpRequest): unknown {
  if (!body) return undefined;
  const result = body.safeParse(parseJson(request.body === '' ? '{}' : request.body));
  if (!result.success) throw invalidRequest(result.error);
  return result.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ProblemError(PROBLEMS.notJson);
    throw error;
  }
}

const MAX_KEY = 200;

/** Undefined for a request without an Idempotency-Key, and on a route that takes none. */
function repeatableRequest(
  { method, idempotent }: { method: string; idempotent: boolean },
  { headers, path }: HttpRequest,
  body: unknown,
): RepeatableRequest | undefined {
  const key = headers['idempotency-key'];
  if (!idempotent || key === undefined) return undefined;
  if (key.length > MAX_KEY)
    throw new ProblemError({ ...PROBLEMS.invalid, detail: `the idempotency key is longer than ${MAX_KEY} characters` });
  return { key, request: { route: `${method} ${path}`, body } };
}

const json = (status: number, body: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(body),
});

const problemResponse = (found: Problem): HttpResponse => ({
  status: found.status,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify(found),
});
