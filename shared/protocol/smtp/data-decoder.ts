const EMPTY = Buffer.alloc(0);
const CRLF_DOT = Buffer.from('\r\n.');
const CR = 13;
const LF = 10;

/**
 * Removes dot-stuffing from the content of DATA (RFC 5321 §4.5.2) and finds its end. Only CRLF "." CRLF ends it: a bare LF or CR around a
 * dot is content like any other byte, which prevents SMTP smuggling.
 */
export class DataDecoder {
  /** The content starts at the beginning of a line, as if after a CRLF. */
  private tail: Buffer = Buffer.from('\r\n');
  private skip = 2;

  /** Decodes the next bytes. `rest` is defined once the end was found: the bytes after it. */
  decode(chunk: Buffer): { content: Buffer[]; rest: Buffer | undefined } {
    const bytes = this.tail.length > 0 ? Buffer.concat([this.tail, chunk]) : chunk;
    this.tail = EMPTY;
    const content: Buffer[] = [];
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(CRLF_DOT, from);
      if (at < 0) {
        const end = bytes.length - lineEndPrefix(bytes, from);
        this.emit(content, bytes.subarray(from, end));
        this.tail = bytes.subarray(end);
        return { content, rest: undefined };
      }
      const after = bytes.subarray(at + 3, at + 5);
      if (after.length === 0 || (after.length === 1 && after[0] === CR)) {
        this.emit(content, bytes.subarray(from, at));
        this.tail = bytes.subarray(at);
        return { content, rest: undefined };
      }
      this.emit(content, bytes.subarray(from, at + 2));
      if (after[0] === CR && after[1] === LF) return { content, rest: bytes.subarray(at + 5) };
      from = at + 3;
    }
  }

  private emit(content: Buffer[], bytes: Buffer): void {
    const skipped = Math.min(this.skip, bytes.length);
    this.skip -= skipped;
    if (bytes.length > skipped) content.push(bytes.subarray(skipped));
  }
}

/** The number of bytes at the end that may be the beginning of CRLF ".". */
function lineEndPrefix(bytes: Buffer, from: number): number {
  const last = bytes.length - 1;
  if (last >= from && bytes[last] === CR) return 1;
  return last > from && bytes[last] === LF && bytes[last - 1] === CR ? 2 : 0;
}
