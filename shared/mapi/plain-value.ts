import type { PropertyTag } from './property-tags.ts';

/** A value that is no structure: PT_LONGLONG, PT_CURRENCY and PT_SYSTIME (100 ns since 1601, UTC) are bigint, PT_BINARY and PT_CLSID bytes. */
export type PlainValue = string | number | boolean | bigint | Buffer | string[] | number[] | bigint[] | Buffer[];

/** A property with a plain value: the operand of a restriction, or a property that a rule action sets. */
export interface PlainProperty {
  tag: PropertyTag;
  value: PlainValue;
}
