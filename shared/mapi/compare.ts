import type { PropertyValue } from './property-document.ts';

/** One collator for all: the order of a table must not depend on who asks. Base letters first, then accents, then case. */
const COLLATOR = new Intl.Collator('en', { sensitivity: 'accent', numeric: false });

/** The order of two values of one type: below, at or above zero. Text is compared without regard to case. */
export function compareValues(a: PropertyValue, b: PropertyValue): number {
  if (typeof a === 'string' && typeof b === 'string') return COLLATOR.compare(a, b);
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return Buffer.compare(a, b);
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const [x, y] = [toBigInt(a), toBigInt(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a as PropertyValue[], b as PropertyValue[]);
  const [x, y] = [Number(a), Number(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareLists(a: readonly PropertyValue[], b: readonly PropertyValue[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const toBigInt = (value: PropertyValue): bigint =>
  typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value) || 0));
