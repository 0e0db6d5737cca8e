import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { privateFolder } from './folders.ts';

/** Where the AWS services are: the emulators of this process, or one LocalStack. */
export interface Endpoints {
  s3: string;
  sqs: string;
  dynamodb: string;
}

/** Called after an object was stored, before its writer is answered. */
export type ObjectCreated = (bucket: string, key: string, size: number) => Promise<void>;

export interface Emulators {
  endpoints: Endpoints;
  onObjectCreated(callback: ObjectCreated): void;
  stop(): Promise<void>;
}

/** S3, SQS and SNS by fauxqs, kept in SQLite, and DynamoDB by dynalite, kept in LevelDB; on the loopback interface only. */
export async function startEmulators(directory: string): Promise<Emulators> {
  privateFolder(directory);
  const { app, objectSize } = await durableFauxqs(path.join(directory, 'fauxqs'));
  let objectCreated: ObjectCreated = async () => {};
  const announced = new WeakSet<object>();
  app.addHook('onSend', async (request, reply) => {
    // The emulator sends some of its replies twice over; an object is made once.
    if (announced.has(request)) return;
    announced.add(request);
    const created = createdObject(request.method, request.url);
    if (created && reply.statusCode === 200)
      await objectCreated(created.bucket, created.key, objectSize(created.bucket, created.key));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const fauxqs = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const dynamodb = await startDynalite(path.join(directory, 'dynamodb'));
  return {
    endpoints: { s3: fauxqs, sqs: fauxqs, dynamodb: dynamodb.url },
    onObjectCreated: (callback) => {
      objectCreated = callback;
    },
    async stop() {
      await app.close();
      await dynamodb.stop();
    },
  };
}

/** fauxqs's own start listens on all interfaces, so its parts are put together here, as that start does it. */
async function durableFauxqs(directory: string) {
  const module = async <T>(file: string) => (await import(new URL(file, import.meta.resolve('fauxqs')).href)) as T;
  const { SqsStore } = await module<typeof import('../../node_modules/fauxqs/dist/sqs/sqsStore.js')>('sqs/sqsStore.js');
  const { SnsStore } = await module<typeof import('../../node_modules/fauxqs/dist/sns/snsStore.js')>('sns/snsStore.js');
  const { S3Store } = await module<typeof import('../../node_modules/fauxqs/dist/s3/s3Store.js')>('s3/s3Store.js');
  const { PersistenceManager } =
    await module<typeof import('../../node_modules/fauxqs/dist/persistence.js')>('persistence.js');
  const [sqsStore, snsStore, s3Store] = [new SqsStore(), new SnsStore(), new S3Store()];
  const persistence = new PersistenceManager(directory);
  persistence.load(sqsStore, snsStore, s3Store);
  sqsStore.persistence = persistence;
  snsStore.persistence = persistence;
  s3Store.persistence = persistence;
  for (const queue of sqsStore.allQueues()) queue.persistence = persistence;
  const app = buildApp({ logger: false, stores: { sqsStore, snsStore, s3Store } });
  app.addHook('preClose', (done) => {
    persistence.close();
    done();
  });
  const objectSize = (bucket: string, key: string) => s3Store.headObject(bucket, key).contentLength;
  return { app, objectSize };
}

/** The object that a request makes: a PUT of a key that is no part of an upload, or the end of an upload. */
function createdObject(method: string, url: string): { bucket: string; key: string } | undefined {
  const { pathname, searchParams } = new URL(url, 'http://local');
  const [, bucket = '', ...key] = pathname.split('/');
  const ends = method === 'POST' && searchParams.has('uploadId');
  const puts = method === 'PUT' && !searchParams.has('uploadId') && !searchParams.has('tagging');
  return (ends || puts) && key.join('/') !== '' ? { bucket, key: decodeURIComponent(key.join('/')) } : undefined;
}

async function startDynalite(directory: string): Promise<{ url: string; stop: () => Promise<void> }> {
  mkdirSync(directory, { recursive: true });
  const server = dynalite({ path: directory, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
