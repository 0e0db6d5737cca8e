const CR = 13;
const LF = 10;
const DOT = 46;

/** The body of a multi-line response (RFC 1939 §3): a dot before lines that begin with one, and at the end a line with nothing else. */
export class Multiline {
  private atLineStart = true;
  private last = 0;

  /** Bytes of the response for some bytes of the message, which may be cut anywhere. */
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

  /** What ends the response; a message whose last line has no end gets one. */
  end(): Buffer {
    return Buffer.from(this.atLineStart ? '.\r\n' : '\r\n.\r\n');
  }
}

/** The bytes of a message's header, of the empty line, and of the first `lines` lines of its body (TOP, RFC 1939 §7). */
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
