import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Peer } from './peer.ts';

// A session lives on one task; a call that reaches another task is forwarded to it (DESIGN decision 9).

/** The header of a forwarded call: its caller and its session, signed with the secret of the task that receives it. */
export const FORWARDED = 'x-pamoja-forwarded';

/** A forwarded call is accepted for this long after it was signed; the clocks of tasks may differ by as much. */
const FRESH_MS = 60_000;

/** A call for a session of another task. */
export interface Forwarded {
  session: bigint;
  peer: Peer;
}

const signatureOf = (secret: Buffer, text: string): Buffer =>
  createHmac('sha256', secret).update('forward').update(text).digest();

/** Makes the header that tells a task who has made a forwarded call. */
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

/** Reads the header of a forwarded call; undefined when no other task has signed it, or its signature is too old. */
export function readForwarded(secret: Buffer, header: string, now: number): Forwarded | undefined {
  const [text = '', signature = ''] = header.split('.', 2);
  const given = Buffer.from(signature, 'base64url');
  const expected = signatureOf(secret, text);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { session, peer, at } = forwardedSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return Math.abs(now - at) <= FRESH_MS ? { session: BigInt(session), peer } : undefined;
}

/** The answer of another task. */
export interface ForwardedAnswer {
  status: number;
  contentType: string;
  body: AsyncIterable<Uint8Array>;
}

/** Forwards a call to the task that has its session, while its bytes arrive. Throws the connection's error when that task is unreachable. */
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
  // A task that refuses a call answers before it has read all of it and closes the connection. Whichever comes first counts: an error of
  // sending after the answer changes nothing, and an error of reading the answer ends its body.
  const sent = pipeline(body, request);
  const [response] = await Promise.race([answered, sent.then(() => answered)]);
  return {
    status: response.statusCode ?? 502,
    contentType: response.headers['content-type'] ?? 'text/xml; charset=utf-8',
    body: response,
  };
}
