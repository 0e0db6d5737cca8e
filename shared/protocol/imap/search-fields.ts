import { parseMailDate } from '../../mime/date.ts';
import { decodeHeaderText } from '../../mime/encoded-words.ts';
import type { HeaderField } from '../../mime/header-fields.ts';
import { ADDRESS_FIELDS, hidesAddresses, plainAddresses } from './address-text.ts';
import { casemap } from './casemap.ts';
import { dayOf } from './date-time.ts';

/** What stands between the texts of one field; no search can ask for it (RFC 3501 §9, CHAR8). */
const SEPARATOR = '\0';

/**
 * What a search compares of a header field (name in lower case): its values decoded and in one case, those of addresses without their
 * comments too. Undefined where there is no such field, which an empty search text tells from an empty one (RFC 3501 §6.4.4).
 */
export function searchText(fields: readonly HeaderField[], field: string): string | undefined {
  const texts = fields.flatMap(({ name, value }) => {
    if (name !== field) return [];
    const text = casemap(decodeHeaderText(value));
    return ADDRESS_FIELDS.has(name) && hidesAddresses(value) ? [text, casemap(plainAddresses(value))] : [text];
  });
  return texts.length > 0 ? texts.join(SEPARATOR) : undefined;
}

/** Characters of a Date field that are looked at. */
const MAX_DATE = 500;

/** The day of the Date field, its time and zone disregarded (RFC 3501 §6.4.4), since 1970; undefined where it cannot be read. */
export function sentDay(fields: readonly HeaderField[]): number | undefined {
  const value = fields.find(({ name }) => name === 'date')?.value;
  const ms = value === undefined ? undefined : parseMailDate(value.slice(0, MAX_DATE).replace(/[+-]\d{4}.*$/, ''));
  return ms === undefined ? undefined : dayOf(ms);
}
