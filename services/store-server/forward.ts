import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Peer } from './peer.ts';

// A session lives on one task; a call for it that comes to another is passed on (DESIGN decision 9).

/** Carries a call that was passed on: who has called, for which session, signed with the secret of the task that it goes to. */
export const FORWARDED = 'x-pamoja-forwarded';

/** A call that was passed on is taken for this long after it was signed; clocks of tasks may differ by as much. */
const FRESH_MS = 60_000;

/** A call for a session of another task. */
export interface Forwarded {
  session: bigint;
  peer: Peer;
}

const signatureOf = (secret: Buffer, text: string): Buffer =>
  createHmac('sha256', secret).update('forward').update(text).digest();

/** The header that tells a task who has made a call that was passed on to it. */
export function signForwarded(secret: Buffer, { session, peer }: Forwarded, now: number): string {
  const text = Buffer.from(JSON.stringify({ session: String(session), peer, at: now })).toString('base64url');
  return `${text}.${signatureOf(secret, text).toString('base64url')}`;
}

const forwardedSchema = z.strictObject({
  session: z.string().regex(/^\d{1,20}$/),
  peer: z.strictObject({
    address: z.string(),
    transport: z.enum(['socket', 'tls', 'plain']),
    trusted: z.boolean(),
    loopback: z.boolean(),
  }),
  at: z.number(),
});

/** What the header of a call that was passed on says; undefined when no other task has signed it, or too long ago. */
export function readForwarded(secret: Buffer, header: string, now: number): Forwarded | undefined {
  const [text = '', signature = ''] = header.split('.', 2);
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(secret, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { session, peer, at } = forwardedSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return Math.abs(now - at) <= FRESH_MS ? { session: BigInt(session), peer } : undefined;
}

/** What another task has answered. */
export interface ForwardedAnswer {
  status: number;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
}

/** Passes a call on to the task that has its session, as its bytes come. Throws what the connection throws when that cannot be reached. */
export async function forward(
  address: string,
  { contentType, body }: { contentType: string; body: AsyncIterable<Uint8Array> },
  signature: string,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const request = httpRequest(`http://${address}/`, {
    method: 'POST',
    signal,
    headers: { 'Content-Type': contentType, [FORWARDED]: signature },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  // A task that refuses a call answers before it has read all of it.
  const sent = pipeline(body, request);
  const [response] = await Promise.race([answered, sent.then(() => answered)]);
  sent.catch(() => {});
  return {
    status: response.statusCode ?? 502,
    contentType: response.headers['content-type'] ?? 'text/xml; charset=utf-8',
    body: response,
  };
}
