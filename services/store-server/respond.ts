import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import { writeWithBackPressure } from '../../shared/net/socket-reader.ts';
import type { EncodedEnvelope } from '../../shared/protocol/soap/encode.ts';
import { multipartType, writeMultipart } from '../../shared/protocol/soap/multipart.ts';
import type { ForwardedAnswer } from './forward.ts';

/** Responses of this size and more are compressed for clients on other machines that accept it. */
const COMPRESS_MIN = 1024;

export const XML = 'text/xml; charset=utf-8';

const gzipAsync = promisify(gzip);
const deflateAsync = promisify(deflate);

/**
 * Sends an answer whose values are all in the envelope. It is compressed for a client that accepts this and is `far`: within a machine,
 * compression costs more than it saves.
 */
export async function sendEnvelope(
  request: IncomingMessage,
  response: ServerResponse,
  envelope: string,
  far: boolean,
): Promise<void> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const encoding =
    !far || envelope.length < COMPRESS_MIN
      ? undefined
      : /\bgzip\b/.test(accepted)
        ? 'gzip'
        : /\bdeflate\b/.test(accepted)
          ? 'deflate'
          : undefined;
  const plain = Buffer.from(envelope, 'utf8');
  const bytes =
    encoding === 'gzip'
      ? await gzipAsync(plain, { level: 1 })
      : encoding
        ? await deflateAsync(plain, { level: 1 })
        : plain;
  response.writeHead(200, {
    'Content-Type': XML,
    'Content-Length': bytes.length,
    ...(encoding ? { 'Content-Encoding': encoding } : {}),
  });
  response.end(bytes);
}

export function sendText(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** MTOM: the envelope first, then each binary value as it is read, so that none is in memory whole. */
export async function sendMultipart(response: ServerResponse, encoded: EncodedEnvelope): Promise<void> {
  const boundary = `==${process.hrtime.bigint().toString(36)}==`;
  response.writeHead(200, { 'Content-Type': multipartType(boundary) });
  for await (const bytes of writeMultipart(encoded, boundary)) {
    if (response.destroyed) throw new Error('the client has disconnected');
    await writeWithBackPressure(response, bytes);
  }
  response.end();
}

/** Sends the answer of another task. */
export async function sendForwarded(
  response: ServerResponse,
  { status, contentType, body }: ForwardedAnswer,
): Promise<void> {
  response.writeHead(status, { 'Content-Type': contentType });
  for await (const chunk of body) {
    if (response.destroyed) return;
    await writeWithBackPressure(response, chunk as Buffer);
  }
  response.end();
}
