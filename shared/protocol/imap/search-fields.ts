import { parseMailDate } from '../../mime/date.ts';
import { decodeHeaderText } from '../../mime/encoded-words.ts';
import type { HeaderField } from '../../mime/header-fields.ts';
import { ADDRESS_FIELDS, hidesAddresses, plainAddresses } from './address-text.ts';
import { casemap } from './casemap.ts';
import { dayOf } from './date-time.ts';

/** The separator between the texts of a field; a search text cannot contain it (RFC 3501 §9, CHAR8). */
const SEPARATOR = '\0';

/**
 * The searchable text of a header field (name in lower case): its values decoded and case-folded, addresses without comments. Undefined if the
 * field is missing: an empty search text matches an empty field, but not a missing one (RFC 3501 §6.4.4).
 */
export function searchableText(fields: readonly HeaderField[], field: string): string | undefined {
  const texts = fields.flatMap(({ name, value }) => {
    if (name !== field) return [];
    const text = casemap(decodeHeaderText(value));
    return ADDRESS_FIELDS.has(name) && hidesAddresses(value) ? [text, casemap(plainAddresses(value))] : [text];
  });
  return texts.length > 0 ? texts.join(SEPARATOR) : undefined;
}

/** The maximum length of a Date field that is parsed. */
const MAX_DATE = 500;

/** The day of the Date field, ignoring time and zone (RFC 3501 §6.4.4), in days since 1970; undefined if it is invalid. */
export function sentDay(fields: readonly HeaderField[]): number | undefined {
  const value = fields.find(({ name }) => name === 'date')?.value;
  const ms = value === undefined ? undefined : parseMailDate(value.slice(0, MAX_DATE).replace(/[+-]\d{4}.*$/, ''));
  return ms === undefined ? undefined : dayOf(ms);
}
