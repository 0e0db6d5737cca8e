/** Bytes that travel beside the envelope (MTOM), read as they are asked for. */
export type BinarySource = AsyncIterable<Buffer>;

/** Name, type, and whether it may be absent or repeats. */
export type FieldDescriptor = readonly [name: string, type: string, how?: 'optional' | 'many'];
