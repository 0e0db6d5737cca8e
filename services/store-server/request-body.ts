import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';

/** How many bytes of a refused request are read to reach its end, and how long that may take. */
const MAX_PASSED_OVER = 16 * 1024 * 1024;
const PASS_OVER_MS = 5000;

/**
 * The body of a request as it arrives, decompressed. Brotli is refused: no client of Kopano's sends it, and a few bytes make its decoder take
 * a window of 16 MB (RFC 7932 §9.1).
 */
export function bodyOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  const pass = <T extends NodeJS.WritableStream & AsyncIterable<Uint8Array>>(stream: T): T => {
    request.on('error', () => stream.end());
    return request.pipe(stream) as unknown as T;
  };
  switch (request.headers['content-encoding']) {
    case undefined:
    case 'identity':
      return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    case 'gzip':
    case 'x-gzip':
      return pass(createGunzip());
    case 'deflate':
      return pass(createInflate());
    default:
      throw new SoapFault('Client', 'unknown content encoding');
  }
}

/** Discards the rest of a refused request, within a limit. True when the end was reached, so that the connection can be kept. */
export function passOver(request: IncomingMessage): Promise<boolean> {
  request.unpipe();
  if (request.readableEnded) return Promise.resolve(true);
  return new Promise((resolve) => {
    let left = MAX_PASSED_OVER;
    const finish = (whole: boolean) => {
      clearTimeout(timer);
      request.off('data', take).off('end', ended).off('close', closed);
      resolve(whole);
    };
    const take = (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) finish(false);
    };
    const ended = () => finish(true);
    const closed = () => finish(request.readableEnded);
    const timer = setTimeout(() => finish(false), PASS_OVER_MS);
    request.on('data', take).once('end', ended).once('close', closed);
    request.resume();
  });
}
