const CR = 13;
const LF = 10;

/** Makes every line end CRLF, also a bare CR or LF (RFC 5321 §2.3.8: neither may be sent alone). */
export async function* crlfLines(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let openCr = false;
  for await (const chunk of chunks) {
    const out: Buffer[] = [];
    let from = 0;
    if (openCr && chunk.length > 0 && chunk[0] !== LF) out.push(Buffer.from('\n'));
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      const loneLf = byte === LF && (at === 0 ? !openCr : chunk[at - 1] !== CR);
      const loneCr = byte === CR && at + 1 < chunk.length && chunk[at + 1] !== LF;
      if (!loneLf && !loneCr) continue;
      out.push(chunk.subarray(from, at), Buffer.from('\r\n'));
      from = at + 1;
    }
    if (chunk.length > 0) openCr = chunk[chunk.length - 1] === CR;
    out.push(chunk.subarray(from));
    yield out.length === 1 ? chunk : Buffer.concat(out);
  }
  if (openCr) yield Buffer.from('\n');
}

/** The same for complete text. */
export const withCrlf = (latin1: string): string => latin1.replace(/\r\n|\r|\n/g, '\r\n');

/** Finds a bare CR or LF (RFC 5321 §2.3.8), in chunks of any size. */
export class LoneLineEnds {
  /** Whether one was found; the last byte counts once the next is known. */
  found = false;
  private openCr = false;

  write(chunk: Buffer): void {
    if (this.found || chunk.length === 0) return;
    if (this.openCr && chunk[0] !== LF) this.found = true;
    for (let at = chunk.indexOf(LF); at >= 0 && !this.found; at = chunk.indexOf(LF, at + 1))
      if (at === 0 ? !this.openCr : chunk[at - 1] !== CR) this.found = true;
    for (let at = chunk.indexOf(CR); at >= 0 && !this.found; at = chunk.indexOf(CR, at + 1))
      if (at + 1 < chunk.length && chunk[at + 1] !== LF) this.found = true;
    this.openCr = chunk[chunk.length - 1] === CR;
  }

  /** Ends the input. */
  end(): boolean {
    return this.found || this.openCr;
  }
}
