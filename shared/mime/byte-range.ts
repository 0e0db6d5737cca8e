/** A range of the message's bytes: `[start, end)`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Reads a range of the message's bytes. */
export type ReadRange = (range: ByteRange) => Promise<Buffer>;
