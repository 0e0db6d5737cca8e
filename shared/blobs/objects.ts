/** Where large bodies are kept: a flat space of immutable objects. */
export interface Objects {
  /** Stores `size` bytes; returns once they are durable. Storing the same key twice is harmless. */
  put(key: string, size: number, body: AsyncIterable<Buffer>): Promise<void>;
  /** The bytes `[start, end)` of an object. Throws NETWORK_ERROR when it cannot be read. */
  get(key: string, start: number, end: number): AsyncIterable<Buffer>;
  /** Removes an object; a missing one is no error. */
  remove(key: string): Promise<void>;
  /** The size of an object in bytes, or undefined when it is not there. */
  size(key: string): Promise<number | undefined>;
}
