import { decodeTransferEncoding } from './body-text.ts';

const ENCODINGS = new Set(['7bit', '8bit', 'binary', 'base64', 'quoted-printable']);

export const isKnownEncoding = (encoding: string): boolean => ENCODINGS.has(encoding);

/** The maximum size in bytes of an incomplete line that is held back: quoted-printable lines have at most 76 characters. */
const MAX_LINE = 64 * 1024;

/** Undoes a content transfer encoding (RFC 2045 §6) chunk by chunk, for bodies of any size. */
export class TransferDecoder {
  private rest: Buffer = Buffer.alloc(0);
  private readonly encoding: string;

  constructor(encoding: string) {
    this.encoding = encoding;
  }

  write(chunk: Buffer): Buffer {
    if (this.encoding === 'base64') return this.writeBase64(chunk);
    if (this.encoding === 'quoted-printable') return this.writeLines(chunk);
    return chunk;
  }

  end(): Buffer {
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    return decodeTransferEncoding(rest, this.encoding);
  }

  /** Decodes complete groups of four base64 characters. */
  private writeBase64(chunk: Buffer): Buffer {
    const text = (this.rest.toString('latin1') + chunk.toString('latin1')).replace(/[^A-Za-z0-9+/=]+/g, '');
    const whole = text.length - (text.length % 4);
    this.rest = Buffer.from(text.slice(whole), 'latin1');
    return decodeTransferEncoding(Buffer.from(text.slice(0, whole), 'latin1'), 'base64');
  }

  /** Decodes complete lines: the end of a line decides whether its line end is part of the text. */
  private writeLines(chunk: Buffer): Buffer {
    const all = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let cut = all.lastIndexOf(10) + 1;
    if (cut === 0 && all.length > MAX_LINE) {
      // Never splits `=C3`, nor white space that a line end may follow.
      cut = all.length - 3;
      while (cut > 0 && (all[cut - 1] === 32 || all[cut - 1] === 9 || all[cut - 1] === 61 || all[cut - 2] === 61))
        cut--;
    }
    this.rest = Buffer.from(all.subarray(cut));
    return decodeTransferEncoding(all.subarray(0, cut), 'quoted-printable');
  }
}
