import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { writeWhole } from './folders.ts';

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
  const values = readSecrets(file);
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
      writeWhole(file, JSON.stringify(Object.fromEntries(values)));
    },
    get: (id) => values.get(id),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const secretsSchema = z.record(z.string(), z.string());

function readSecrets(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  try {
    return new Map(Object.entries(secretsSchema.parse(JSON.parse(readFileSync(file, 'utf8')))));
  } catch (error) {
    throw new Error(
      `the secrets in ${file} cannot be read: the file is cut or was changed by hand. Put a copy of it back, or remove it: then new secrets are made`,
      { cause: error },
    );
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
