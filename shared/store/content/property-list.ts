import { toFileTime } from '../../mapi/filetime.ts';
import type { Property, PropertyBag, PropertyValue } from '../../mapi/property.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { asUnicode } from '../../mapi/property-bag.ts';
import { PR, type PropertyTag, withType } from '../../mapi/property-tags.ts';

/** Times of objects have no fractions of seconds: Kopano's clients expect it so. */
export const fileTime = (ms: number): bigint => toFileTime(Math.floor(ms / 1000) * 1000);

/** A load answers values of this many bytes and more by their tag alone; clients load them one by one. */
const MAX_INLINE = 8192;

/** Properties in the order of their tags. */
export const sorted = (bag: PropertyBag): Property[] =>
  [...bag]
    .map(([tag, value]) => [isBlobValue(value) ? withType(tag, value.type) : tag, value] as const)
    .sort(([a], [b]) => (a >>> 0) - (b >>> 0))
    .map(([tag, value]) => ({ tag, value: value as Property['value'] }));

/** Gives the answer to a load: all tags, and the values that are small enough. */
export function splitLarge(properties: readonly Property[]): { delProps: PropertyTag[]; modProps: Property[] } {
  return {
    delProps: properties.map(({ tag }) => tag),
    modProps: properties.filter(({ tag, value }) => !isBlobValue(value as PropertyValue) && isSmall(tag, value)),
  };
}

function isSmall(tag: PropertyTag, value: Property['value']): boolean {
  // Clients load these when they need them, whatever their size.
  if (tag === PR.EC_IMAP_EMAIL || tag === PR.ATTACH_DATA_BIN) return false;
  if (Buffer.isBuffer(value)) return value.length < MAX_INLINE;
  if (typeof value === 'string') return value.length < MAX_INLINE && Buffer.byteLength(value) < MAX_INLINE;
  return true;
}

/** Makes a bag of the properties that a client gives. Text is always Unicode, so that a property has one type. */
export function bagOf(properties: readonly Property[]): PropertyBag {
  return new Map(properties.map(({ tag, value }) => [asUnicode(tag), value as PropertyValue]));
}
