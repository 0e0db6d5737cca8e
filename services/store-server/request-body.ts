import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';

/** Bytes of a wrong request that are read to its end, and how long that may take. */
const MAX_PASSED_OVER = 16 * 1024 * 1024;
const PASS_OVER_MS = 5000;

/**
 * The body of a request as it comes, unpacked. Brotli is not taken: no client of Kopano's sends it, and its window alone
 * takes 16 MB (RFC 7932 §9.1) for a few bytes.
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

/** Reads what is left of a request that is refused and throws it away, as far as it is bearable; gives whether that was all, so that the connection may live. */
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
