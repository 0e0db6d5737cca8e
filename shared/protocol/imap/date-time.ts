import { ImapSyntaxError } from './syntax-error.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;

/** INTERNALDATE (RFC 3501 §9, date-time) of milliseconds since 1970, always in UTC. */
export function encodeDateTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `"${day}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000"`;
}

/** The reverse, for APPEND; milliseconds since 1970 (UTC). */
export function parseDateTime(text: string): number {
  const match = /^([ \d]?\d)-([a-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/i.exec(text);
  if (!match) throw new ImapSyntaxError('not a date and time');
  const [, day, month = '', year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return Date.UTC(Number(year), monthOf(month), Number(day), Number(hour), Number(minute), Number(second)) - offset;
}

/** A search date (`1-Feb-1994`) as the number of its day since 1970, whatever the zone (RFC 3501 §6.4.4). */
export function parseDay(text: string): number {
  const match = /^(\d{1,2})-([a-z]{3})-(\d{4})$/i.exec(text);
  if (!match) throw new ImapSyntaxError('not a date');
  return Date.UTC(Number(match[3]), monthOf(match[2] ?? ''), Number(match[1])) / DAY_MS;
}

export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

function monthOf(name: string): number {
  const month = MONTHS.findIndex((known) => known.toLowerCase() === name.toLowerCase());
  if (month < 0) throw new ImapSyntaxError('not a month');
  return month;
}
