import type { PropertyTag } from '../../mapi/property-tags.ts';

/** A value that a property has on the wire: 64-bit integers and FILETIMEs are bigint, PT_ERROR is its code. */
export type WireValue =
  | string
  | number
  | boolean
  | bigint
  | Buffer
  | string[]
  | number[]
  | bigint[]
  | Buffer[]
  | WireRestriction
  | WireAction[];

/** A property and its value. */
export interface Property {
  tag: PropertyTag;
  value: WireValue;
}

/** `restrictTable`: a PT_SRESTRICTION, and what tables are restricted by. */
export type WireRestriction = import('./interface.ts').RestrictTable;
export type WireAction = import('./interface.ts').Action;

/** Bytes that travel beside the envelope (MTOM), read as they are asked for. */
export type BinarySource = AsyncIterable<Buffer>;

/** Name, type, and whether it may be absent or repeats. */
export type FieldDescriptor = readonly [name: string, type: string, how?: 'optional' | 'many'];
