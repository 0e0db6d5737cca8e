/** The bytes of an MTOM attachment, read on demand. */
export type BinarySource = AsyncIterable<Buffer>;

/** Name and type of a field, and whether it is optional or repeated. */
export type FieldDescriptor = readonly [name: string, type: string, how?: 'optional' | 'many'];
