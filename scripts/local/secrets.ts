import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** The secrets of the local stack: a file, and the one call of Secrets Manager that programs make. */
export interface Secrets {
  url: string;
  /** Keeps a value under the name of its secret. */
  put(id: string, value: string): void;
  get(id: string): string | undefined;
  stop(): Promise<void>;
}

export async function startSecrets(directory: string): Promise<Secrets> {
  const file = path.join(directory, 'secrets.json');
  const values = new Map<string, string>(
    existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : [],
  );
  const server = createServer(async (request, response) => {
    const { SecretId = '' } = JSON.parse((await bodyOf(request)) || '{}') as { SecretId?: string };
    const value = values.get(SecretId);
    const known = request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' && value !== undefined;
    response.writeHead(known ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify(
        known
          ? { ARN: SecretId, Name: SecretId, SecretString: value, VersionId: randomBytes(8).toString('hex') }
          : { __type: 'ResourceNotFoundException', message: 'no such secret' },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put(id, value) {
      values.set(id, value);
      writeFileSync(file, JSON.stringify(Object.fromEntries(values)), { mode: 0o600 });
    },
    get: (id) => values.get(id),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
