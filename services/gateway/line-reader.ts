const LF = 10;
const CR = 13;

/** Where the bytes of a client come from. */
export interface ByteSource {
  readonly reader: {
    /** The octets that have arrived and are not taken yet. */
    readonly buffer: Buffer;
    take(length: number): Buffer;
  };
  /** Waits for more bytes; false when no more will arrive. */
  more(): Promise<boolean>;
}

/** Reads a line and gives it without its end. Undefined when the client has gone. `limit`: octets without the line feed. */
export async function readLine(
  source: ByteSource,
  limit: number,
  encoding: 'latin1' | 'utf8',
): Promise<string | 'too-long' | undefined> {
  for (;;) {
    const { reader } = source;
    const end = reader.buffer.indexOf(LF);
    if (end > limit || (end < 0 && reader.buffer.length > limit)) return 'too-long';
    if (end >= 0) {
      const line = reader.take(end + 1);
      return line.toString(encoding, 0, line[end - 1] === CR ? end - 1 : end);
    }
    if (!(await source.more())) return undefined;
  }
}
