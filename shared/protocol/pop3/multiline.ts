const CR = 13;
const LF = 10;
const DOT = 46;

/** Encodes the body of a multi-line response (RFC 1939 §3): lines that begin with a dot get another, and a line with one dot ends it. */
export class Multiline {
  private atLineStart = true;
  private last = 0;

  /** Encodes a chunk of the message, which may be split anywhere. */
  encode(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.atLineStart && byte === DOT) {
        out.push(chunk.subarray(start, at), Buffer.of(DOT));
        start = at;
      }
      this.atLineStart = byte === LF && this.last === CR;
      this.last = byte;
    }
    out.push(chunk.subarray(start));
    return out.length === 1 ? chunk : Buffer.concat(out);
  }

  /** The end of the response, including a line end if the message does not end with one. */
  end(): Buffer {
    return Buffer.from(this.atLineStart ? '.\r\n' : '\r\n.\r\n');
  }
}

/** The number of bytes of the header, the empty line and the first `lines` lines of the body (TOP, RFC 1939 §7). */
export async function* topOf(
  header: AsyncIterable<Buffer>,
  body: AsyncIterable<Buffer>,
  lines: number,
): AsyncIterable<Buffer> {
  yield* header;
  let left = lines;
  if (left === 0) return;
  for await (const chunk of body) {
    let at = 0;
    while (left > 0) {
      const end = chunk.indexOf(LF, at);
      if (end < 0) break;
      at = end + 1;
      left--;
    }
    if (left === 0) {
      yield chunk.subarray(0, at);
      return;
    }
    yield chunk;
  }
}
