import { request as httpRequest } from 'node:http';
import { collect } from '../../shared/platform/collect.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { DecodedRequest } from '../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import type { StoreContext } from '../../shared/store/context.ts';

// A session lives on one task; a call for it that comes to another is passed on (DESIGN decision 9).

/** A task's entry is good for this long, and renewed three times as often. */
const LEASE_MS = 30_000;

/** Marks a call that was passed on: it is not passed on again. */
export const FORWARDED = 'x-kopano-forwarded';

/** The tasks of the store server. */
export interface TaskRegistry {
  /** Where a task takes calls: host and port; undefined when it is gone. */
  addressOf(task: number): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function registerTask(
  { db, clock }: StoreContext,
  log: Log,
  id: number,
  address: string,
): Promise<TaskRegistry> {
  const register = async () => {
    await db.deleteFrom('soap_tasks').where('expires_at', '<', clock()).execute();
    const expires_at = clock() + LEASE_MS;
    await db
      .insertInto('soap_tasks')
      .values({ id, address, expires_at })
      .onDuplicateKeyUpdate({ address, expires_at })
      .execute();
  };
  await register();
  const timer = setInterval(() => {
    register().catch((error: unknown) => log.warn({ error: String(error) }, 'task registration'));
  }, LEASE_MS / 3);
  return {
    async addressOf(task) {
      const row = await db
        .selectFrom('soap_tasks')
        .select('address')
        .where('id', '=', task)
        .where('expires_at', '>', clock())
        .executeTakeFirst();
      return row?.address;
    },
    async close() {
      clearInterval(timer);
      await db
        .deleteFrom('soap_tasks')
        .where('id', '=', id)
        .execute()
        .catch(() => {});
    },
  };
}

/** What another task has answered. */
export interface ForwardedAnswer {
  status: number;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
}

/** Passes a call on to the task that has its session. Throws what the connection throws when that cannot be reached. */
export async function forward(
  address: string,
  { name, values }: DecodedRequest,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const { envelope, attachments } = encodeRequest(name, values as Record<string, unknown>);
  const boundary = 'kopano-forward';
  const parts: Buffer[] = [Buffer.from(envelope, 'utf8')];
  for (const { id, source } of attachments)
    parts.push(
      Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/binary\r\nContent-ID: <${id}>\r\n\r\n`),
      await collect(source),
    );
  const multipart = attachments.length > 0;
  const head = `--${boundary}\r\nContent-Type: application/xop+xml\r\nContent-ID: <envelope>\r\n\r\n`;
  const body = multipart
    ? Buffer.concat([Buffer.from(head), ...parts, Buffer.from(`\r\n--${boundary}--`)])
    : Buffer.concat(parts);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `http://${address}/`,
      {
        method: 'POST',
        signal,
        headers: {
          'Content-Type': multipart
            ? `multipart/related; boundary="${boundary}"; start="<envelope>"`
            : 'text/xml; charset=utf-8',
          'Content-Length': body.length,
          [FORWARDED]: '1',
        },
      },
      (response) =>
        resolve({
          status: response.statusCode ?? 502,
          contentType: response.headers['content-type'] ?? 'text/xml; charset=utf-8',
          body: response,
        }),
    );
    request.once('error', reject);
    request.end(body);
  });
}
