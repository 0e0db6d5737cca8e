/** The hierarchy delimiter of mailbox names. */
export const DELIMITER = '/';

/** Encodes a mailbox name in modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeMailboxName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replaceAll('=', '').replaceAll('/', ',')}-`;
  });
}

/**
 * The reverse of {@link encodeMailboxName}; undefined for an invalid encoding. Raw UTF-8 is accepted too, and is the only encoding for clients
 * that have enabled it: then an ampersand is literal.
 */
export function decodeMailboxName(name: string, utf8 = false): string | undefined {
  const bytes = Buffer.from(name, 'latin1').toString('utf8');
  let wrong = bytes.includes('\ufffd');
  if (utf8) return wrong ? undefined : bytes;
  const text = bytes.replace(/&([^-]*)(-?)/g, (_, run: string, end: string) => {
    if (run === '' && end === '-') return '&';
    const utf16 = Buffer.from(run.replaceAll(',', '/'), 'base64');
    if (end === '' || run === '' || utf16.length % 2 !== 0) {
      wrong = true;
      return '';
    }
    return utf16.swap16().toString('utf16le');
  });
  return wrong ? undefined : text;
}

/** A test for a LIST pattern (RFC 3501 §6.3.8): `*` is anything, `%` anything but the delimiter; INBOX in any case. */
export function listPattern(pattern: string): (name: string) => boolean {
  const anyCase = matcherOf(pattern.toUpperCase());
  const matches = matcherOf(pattern);
  return (name) => matches(name) || (name === 'INBOX' && anyCase(name));
}

/**
 * Scans the name once for each character of the pattern, so that no pattern is slow (a regular expression might backtrack); a pattern with
 * more literal characters than the name fails at once.
 */
function matcherOf(pattern: string): (name: string) => boolean {
  // A run of wildcards equals the strongest of them.
  const short = pattern.replace(/[*%]+/g, (run) => (run.includes('*') ? '*' : '%'));
  const least = short.replace(/[*%]/g, '').length;
  return (name) => name.length >= least && matches(short, name);
}

function matches(pattern: string, name: string): boolean {
  // reached[i]: the pattern so far can match the first i characters of the name.
  let reached = new Uint8Array(name.length + 1);
  let next = new Uint8Array(name.length + 1);
  reached[0] = 1;
  for (const char of pattern.split('')) {
    let any = 0;
    for (let i = 0; i <= name.length; i++) {
      const before = i === 0 ? 0 : ((char === '*' || char === '%' ? next[i - 1] : reached[i - 1]) ?? 0);
      if (char === '*') next[i] = (reached[i] ?? 0) | before;
      else if (char === '%') next[i] = (reached[i] ?? 0) | (name[i - 1] === DELIMITER ? 0 : before);
      else next[i] = name[i - 1] === char ? before : 0;
      any |= next[i] ?? 0;
    }
    if (any === 0) return false;
    [reached, next] = [next, reached];
  }
  return reached[name.length] === 1;
}
