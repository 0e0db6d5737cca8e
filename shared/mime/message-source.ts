/** The bytes of a message that came in, wherever they wait. */
export interface MessageSource {
  /** Bytes. */
  size: number;
  /** The bytes `[start, end)`; may be read more than once. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** A message that is in memory. */
export const bytesSource = (bytes: Buffer): MessageSource => ({
  size: bytes.length,
  async *read(start, end) {
    yield bytes.subarray(start, end);
  },
});
