import { mailboxesOf, parseAddressList } from './address-list.ts';
import type { HeaderField } from './header-fields.ts';

// The authors of a message, read so strictly that every other reader finds the same ones.

/** Originator fields (RFC 5322 §3.6.2, §3.6.6). */
const AUTHOR_FIELDS: readonly string[] = ['from', 'sender', 'resent-from', 'resent-sender'];

/** Fields that may occur once (RFC 5322 §3.6); the others may occur once in each resent block. */
const ONCE: readonly string[] = ['from', 'sender'];

/** Local parts and domains that all readers understand alike: dot-atoms, quoted or not (RFC 5322 §3.2.3, RFC 6532 §3.2). */
const ATOMS = /^[^\x00-\x20\x7f()<>[\]:;@\\,"]+$/;

export interface Author {
  /** The name of the field, in its usual spelling. */
  field: string;
  /** `local@domain`, UTF-8, quotes removed. */
  address: string;
}

/** The authors of a message, those of From first; or the reason why they are ambiguous. */
export function readAuthors(fields: readonly HeaderField[]): Author[] | { problem: string } {
  const authors: Author[] = [];
  for (const name of AUTHOR_FIELDS) {
    const field = name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
    const values = fields.filter((each) => each.name === name).map(({ value }) => value);
    if (values.length > 1 && ONCE.includes(name)) return { problem: `The message has more than one ${field}` };
    for (const value of values) {
      if (!isWellFormed(value)) return { problem: `${field} is no list of addresses` };
      const mailboxes = mailboxesOf(parseAddressList(value));
      if (mailboxes.length === 0) return { problem: `${field} has no address` };
      for (const { local, domain } of mailboxes) {
        const address = Buffer.from(`${local}@${domain}`, 'latin1').toString('utf8');
        if (!ATOMS.test(local) || !ATOMS.test(domain)) return { problem: `${field} has something that is no address` };
        authors.push({ field, address });
      }
    }
  }
  if (!authors.some(({ field }) => field === 'From')) return { problem: 'The message has no From with an address' };
  return authors;
}

/**
 * Whether quotes, comments and angle brackets are closed in their order, and no obsolete or broken syntax is used: otherwise readers
 * disagree about the address.
 */
function isWellFormed(value: string): boolean {
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return false;
  const reader = new ListReader();
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '\\') {
      if (!reader.mayEscape) return false;
      at++;
    } else if (!reader.take(char)) return false;
  }
  return reader.isComplete;
}

/** Reads an address list character by character, as strictly as RFC 5322 §3.4 without its obsolete forms. */
class ListReader {
  private comment = 0;
  private quoted = false;
  private angle: 'none' | 'open' | 'closed' = 'none';
  /** Characters `@` in the angle brackets. */
  private ats = 0;
  /** Whether a square bracket is outside of quotes and comments. */
  private bracket = false;

  get mayEscape(): boolean {
    return this.quoted || this.comment > 0;
  }

  get isComplete(): boolean {
    return !this.quoted && this.comment === 0 && this.angle !== 'open' && (this.angle === 'closed' || !this.bracket);
  }

  /** Takes a character; false if it is not allowed there. */
  take(char: string): boolean {
    if (this.quoted) this.quoted = char !== '"';
    else if (this.comment > 0) this.comment += char === '(' ? 1 : char === ')' ? -1 : 0;
    else if (this.angle === 'open') return this.inAngle(char);
    else return this.outside(char);
    return true;
  }

  /** Angle brackets contain one address and nothing else: no route (§4.4), no comment, no literal. */
  private inAngle(char: string): boolean {
    if (char === '"') this.quoted = true;
    else if (char === '>') this.angle = 'closed';
    else if (char === '@') return ++this.ats === 1;
    return !'()<[]:,;'.includes(char);
  }

  private outside(char: string): boolean {
    if (char === '(') this.comment++;
    else if (char === ',' || char === ';') {
      if (this.angle === 'none' && this.bracket) return false;
      this.angle = 'none';
      this.bracket = false;
    } else if (this.angle === 'closed') return char === ' ' || char === '\t';
    else if (char === '"') this.quoted = true;
    else if (char === '<') {
      this.angle = 'open';
      this.ats = 0;
    } else if (char === '[' || char === ']') this.bracket = true;
    else return char !== ')' && char !== '>';
    return true;
  }
}
