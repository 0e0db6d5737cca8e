import type { PropertyValue } from './property.ts';

/** The one collator of all tables, so that their order does not depend on the user: base letters, then accents, then case. */
const COLLATOR = new Intl.Collator('en', { sensitivity: 'accent', numeric: false });

/** The sort key of a text that is compared many times. */
export interface TextKey {
  text: string;
  /** The sort weights of its characters, for ASCII text only: comparing them by code unit gives the collator's order. */
  ascii: string | undefined;
}

/** The sort weight of each ASCII character: equal characters share a letter, and ignored characters have none. */
const ASCII_PLACES: readonly string[] = (() => {
  const characters = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
  const places = new Map<string, string>();
  let place = 1;
  let last = '';
  for (const character of characters.filter((each) => COLLATOR.compare(each, '') !== 0).sort(COLLATOR.compare)) {
    if (last !== '' && COLLATOR.compare(last, character) !== 0) place++;
    places.set(character, String.fromCharCode(place));
    last = character;
  }
  return characters.map((character) => places.get(character) ?? '');
})();

export function textKey(text: string): TextKey {
  let ascii = '';
  for (let i = 0; i < text.length; i++) {
    const place = ASCII_PLACES[text.charCodeAt(i)];
    if (place === undefined) return { text, ascii: undefined };
    ascii += place;
  }
  return { text, ascii };
}

/** The order of two texts, as {@link compareValues} gives it; several times as fast if both are ASCII. */
export function compareTextKeys(a: TextKey, b: TextKey): number {
  if (a.ascii === undefined || b.ascii === undefined) return COLLATOR.compare(a.text, b.text);
  return a.ascii < b.ascii ? -1 : a.ascii > b.ascii ? 1 : 0;
}

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

type SortValue = PropertyValue | undefined;

/** The order of two rows by their sort values. A missing value sorts first, as an empty one does. */
export function compareSorted(
  a: readonly SortValue[],
  b: readonly SortValue[],
  descending: readonly boolean[],
): number {
  for (const [i, down] of descending.entries()) {
    const [x, y] = [a[i], b[i]];
    const order = x === undefined ? (y === undefined ? 0 : -1) : y === undefined ? 1 : compareValues(x, y);
    if (order !== 0) return down ? -order : order;
  }
  return 0;
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
