import { ERROR_CODES } from '../../../shared/mapi/error.ts';
import type { Property, PropertyValue } from '../../../shared/mapi/property.ts';
import { PR, type PropertyTag, PT, propertyId, propertyType, withType } from '../../../shared/mapi/property-tags.ts';
import type { Row } from './row-source.ts';

/** Tables show only the beginning of long values. */
const MAX_TEXT = 255;
const MAX_BYTES = 255;

/** A cell of a row. A column without a type (PT_UNSPECIFIED) gets the type of the value. */
export function cellOf(row: Pick<Row, 'get' | 'tagOf'>, tag: PropertyTag): Property {
  const typed = propertyType(tag) === PT.UNSPECIFIED ? row.tagOf?.(tag) : tag;
  return typed === undefined ? cell(tag, undefined) : cell(typed, row.get(typed));
}

/** A cell: the value in the type of the tag, the beginning of a long value, or PT_ERROR for a missing one. */
export function cell(tag: PropertyTag, value: PropertyValue | undefined): Property {
  if (value === undefined) return { tag: withType(tag, PT.ERROR), value: ERROR_CODES.NOT_FOUND };
  if (typeof value === 'string') return { tag, value: cut(value) };
  if (Buffer.isBuffer(value))
    return {
      tag,
      value:
        value.length > MAX_BYTES && propertyType(tag) === PT.BINARY && isLong(tag)
          ? value.subarray(0, MAX_BYTES)
          : value,
    };
  return { tag, value: value as Property['value'] };
}

/** Only contents are cut; ids stay whole, since a part of an id identifies nothing. */
const LONG_BINARIES = new Set([PR.HTML, PR.RTF_COMPRESSED, PR.ATTACH_DATA_BIN, PR.EC_IMAP_EMAIL].map(propertyId));
const isLong = (tag: PropertyTag): boolean => LONG_BINARIES.has(propertyId(tag));

function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const end = text.slice(0, MAX_TEXT);
  return end.isWellFormed() ? end : end.slice(0, -1);
}
