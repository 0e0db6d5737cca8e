import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { LambdaHost } from './lambda-host.ts';

/** A route of an HTTP API: `POST /v1/tenants/{tenant}`, `ANY /{proxy+}` or `$default`. */
export interface Route {
  key: string;
  host: Pick<LambdaHost, 'invoke'>;
  /** Takes calls that are signed (Signature Version 4) only. Whose signature it is is not checked: all of this machine is the provider. */
  iam?: boolean;
}

/** Serves the routes of an HTTP API on a port of the loopback interface, with payload format 2.0. */
export async function serveHttpApi(routes: readonly Route[], port: number): Promise<() => Promise<void>> {
  const compiled = routes.map((route) => ({ ...route, ...compile(route.key) })).sort((a, b) => b.weight - a.weight);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://local');
    for (const route of compiled) {
      const match = route.method === 'ANY' || route.method === request.method ? route.pattern.exec(url.pathname) : null;
      if (match) {
        // A path that is no well-formed URL is the caller's fault.
        return void respond(route, match.groups ?? {}, url, request, response).catch(() =>
          response.writeHead(400).end(),
        );
      }
    }
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

function compile(key: string): { method: string; pattern: RegExp; weight: number } {
  if (key === '$default') return { method: 'ANY', pattern: /^.*$/, weight: -1 };
  const [method = 'ANY', path = '/'] = key.split(' ');
  const source = path.replace(
    /\{(\w+)(\+?)\}/g,
    (_, name: string, greedy: string) => `(?<${name}>${greedy ? '.+' : '[^/]+'})`,
  );
  return { method, pattern: new RegExp(`^${source}$`), weight: path.replace(/\{[^}]*\}/g, '').length };
}

interface ProxyResult {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

const SIGNED = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/.*Signature=[0-9a-f]{64}$/;

async function respond(
  route: Route,
  parameters: Record<string, string>,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const signer = SIGNED.exec(request.headers.authorization ?? '')?.[1];
  if (route.iam && !signer)
    return void response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const now = new Date();
  const event = {
    version: '2.0',
    routeKey: route.key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
    ),
    queryStringParameters: Object.fromEntries(url.searchParams),
    pathParameters: Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, decodeURIComponent(value)]),
    ),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      ...(route.iam
        ? {
            authorizer: {
              iam: {
                accessKey: signer,
                accountId: '000000000000',
                userArn: `arn:aws:iam::000000000000:user/${signer}`,
              },
            },
          }
        : {}),
      http: {
        method: request.method,
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    body: chunks.length > 0 ? Buffer.concat(chunks).toString('utf8') : undefined,
    isBase64Encoded: false,
  };
  try {
    const result = (await route.host.invoke(event)) as ProxyResult | string;
    const reply: ProxyResult =
      typeof result === 'string'
        ? { statusCode: 200, headers: { 'content-type': 'application/json' }, body: result }
        : result;
    response.writeHead(reply.statusCode ?? 200, reply.headers ?? {});
    response.end(reply.isBase64Encoded ? Buffer.from(reply.body ?? '', 'base64') : reply.body);
  } catch {
    // API Gateway's own answer when a function fails.
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
  }
}
