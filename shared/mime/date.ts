const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The maximum length of a date with its comments; text beyond it is ignored. */
const MAX_DATE = 500;

/** Minutes east of UTC of the obsolete zone names (RFC 5322 §4.3). */
const ZONES: Record<string, number> = {
  ut: 0,
  gmt: 0,
  z: 0,
  utc: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
};

const DATE =
  /(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{2,4})(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?\s*([+-]\d{3,4}|[a-z]+)?/i;

/** A Date field (RFC 5322 §3.3 and §4.3) as milliseconds since 1970 (UTC); undefined if it is not a date. */
export function parseMailDate(text: string): number | undefined {
  const match = DATE.exec(text.slice(0, MAX_DATE).replace(/\([^)]*\)/g, ' '));
  if (!match) return undefined;
  const [, day = '', monthName = '', yearText = '', hour = '0', minute = '0', second = '0', zone = 'z'] = match;
  const month = MONTHS.indexOf(monthName.toLowerCase());
  if (month < 0) return undefined;
  const ms = Date.UTC(fullYear(yearText), month, Number(day), Number(hour), Number(minute), Number(second));
  return Number.isNaN(ms) ? undefined : ms - zoneMinutes(zone) * 60_000;
}

/** RFC 5322 §4.3: two digits 00 to 49 are 20xx, 50 to 99 and three digits count from 1900. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year;
  return text.length === 3 ? 1900 + year : year;
}

function zoneMinutes(zone: string): number {
  // Some clients omit the leading zero: -600.
  const offset = /^([+-])(\d\d?)(\d\d)$/.exec(zone);
  if (offset) return (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]));
  return ZONES[zone.toLowerCase()] ?? 0;
}

/** A time in the format of header fields (RFC 5322 §3.3), in UTC. */
export const mailDate = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');
