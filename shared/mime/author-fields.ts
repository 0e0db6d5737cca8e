import { mailboxesOf, parseAddressList } from './address-list.ts';
import type { HeaderField } from './header-fields.ts';

// Who a message says it is from, read so that no other reader finds somebody else in it.

/** Fields that name whoever writes or sends a message (RFC 5322 §3.6.2, §3.6.6). */
const AUTHOR_FIELDS: readonly string[] = ['from', 'sender', 'resent-from', 'resent-sender'];

/** Those that stand once at most (RFC 5322 §3.6); the others stand once in each block of a resending. */
const ONCE: readonly string[] = ['from', 'sender'];

export interface Author {
  /** The name of the field, as a person writes it. */
  field: string;
  /** `local@domain`, UTF-8, quotes removed. */
  address: string;
}

/** The authors of a message, those of From first; or why they cannot be told. */
export function readAuthors(fields: readonly HeaderField[]): Author[] | { problem: string } {
  const authors: Author[] = [];
  for (const name of AUTHOR_FIELDS) {
    const field = name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
    const values = fields.filter((each) => each.name === name).map(({ value }) => value);
    if (values.length > 1 && ONCE.includes(name)) return { problem: `The message has more than one ${field}` };
    for (const value of values) {
      if (!isWellFormed(value)) return { problem: `${field} is no list of addresses` };
      for (const { local, domain } of mailboxesOf(parseAddressList(value))) {
        const address = Buffer.from(`${local}@${domain}`, 'latin1').toString('utf8');
        if (local === '' || domain === '') return { problem: `${field} has something that is no address` };
        authors.push({ field, address });
      }
    }
  }
  if (!authors.some(({ field }) => field === 'From')) return { problem: 'The message has no From with an address' };
  return authors;
}

/**
 * Whether quotes, comments and angle brackets are closed in their order, and nothing stands that only an obsolete or broken address has:
 * where they are not, readers differ in what the address is.
 */
function isWellFormed(value: string): boolean {
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return false;
  let comment = 0;
  let quoted = false;
  let angle: 'none' | 'open' | 'closed' = 'none';
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '\\') {
      if (!quoted && comment === 0) return false;
      at++;
    } else if (quoted) quoted = char !== '"';
    else if (char === '(') comment++;
    else if (char === ')') {
      if (--comment < 0) return false;
    } else if (comment > 0) continue;
    else if (char === '"') quoted = true;
    else if (char === '<') {
      if (angle !== 'none') return false;
      angle = 'open';
      // RFC 5322 §4.4: a route is obsolete.
      if (/^\s*@/.test(value.slice(at + 1, at + 100))) return false;
    } else if (char === '>') {
      if (angle !== 'open') return false;
      angle = 'closed';
    } else if (char === ',' || char === ';') {
      if (angle === 'open') return false;
      angle = 'none';
    }
  }
  return !quoted && comment === 0 && angle !== 'open';
}
