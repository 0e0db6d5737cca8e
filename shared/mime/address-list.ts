/** One mailbox of an address list; text is latin1 characters as in the header, RFC 2047 words not decoded. */
export interface Mailbox {
  name: string | undefined;
  local: string;
  domain: string;
}

/** A named group (RFC 5322 §3.4), possibly empty. */
export interface Group {
  group: string;
  members: Mailbox[];
}

export type Address = Mailbox | Group;

export const isGroup = (address: Address): address is Group => 'group' in address;

/** All mailboxes of a list, those within groups too. */
export const mailboxesOf = (list: readonly Address[]): Mailbox[] =>
  list.flatMap((address) => (isGroup(address) ? address.members : [address]));

/** Parses an address list, taking what real mail has: comments, routes, missing domains, bare words, stray commas. */
export function parseAddressList(text: string): Address[] {
  return new AddressParser(text).list();
}

const SPECIALS = '()<>[]:;@\\,"';

class AddressParser {
  private at = 0;
  private lastComment: string | undefined;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  list(): Address[] {
    const out: Address[] = [];
    while (this.at < this.text.length) {
      const address = this.address(false);
      if (address) out.push(address);
      if (!this.skip(',') && this.peek() !== '') this.at++;
    }
    return out;
  }

  private address(inGroup: boolean): Address | undefined {
    this.lastComment = undefined;
    const words = this.words();
    if (this.skip('<')) return this.angle(words);
    if (!inGroup && this.skip(':')) return this.group(words.join(' '));
    if (this.skip('@')) {
      // A name in a comment stands behind the address.
      const domain = this.domain();
      return { name: this.comment(), local: localOf(words), domain };
    }
    if (words.length === 0) return undefined;
    return { name: this.comment(), local: words.join(' '), domain: '' };
  }

  private angle(words: string[]): Mailbox {
    // RFC 5322 §4.4: an obsolete route `@a,@b:` stands before the address and is dropped.
    if (this.peek() === '@') {
      const colon = this.text.indexOf(':', this.at);
      const end = this.text.indexOf('>', this.at);
      if (colon >= 0 && (end < 0 || colon < end)) this.at = colon + 1;
    }
    const local = localOf(this.words());
    const domain = this.skip('@') ? this.domain() : '';
    const close = this.text.indexOf('>', this.at);
    this.at = close < 0 ? this.text.length : close + 1;
    this.words();
    return { name: words.length > 0 ? words.join(' ') : this.comment(), local, domain };
  }

  private group(name: string): Group {
    const members: Mailbox[] = [];
    while (this.at < this.text.length && !this.skip(';')) {
      const member = this.address(true);
      if (member && !isGroup(member)) members.push(member);
      if (!this.skip(',') && this.peek() !== ';' && this.peek() !== '') this.at++;
    }
    this.words();
    return { group: name, members };
  }

  private domain(): string {
    this.space();
    if (this.peek() === '[') {
      const end = this.text.indexOf(']', this.at);
      const literal = this.text.slice(this.at, end < 0 ? undefined : end + 1);
      this.at += literal.length;
      this.space();
      return literal;
    }
    return this.words().join('');
  }

  /** Atoms and quoted strings up to the next special; dots stay with their atoms. */
  private words(): string[] {
    const out: string[] = [];
    for (;;) {
      this.space();
      const char = this.peek();
      if (char === '"') out.push(this.quoted());
      else if (char !== '' && !SPECIALS.includes(char)) out.push(this.atom());
      else return out;
    }
  }

  private atom(): string {
    const start = this.at;
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (char === ' ' || char === '\t' || SPECIALS.includes(char)) break;
      this.at++;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string {
    this.at++;
    let out = '';
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at++);
      if (char === '"') break;
      out += char === '\\' ? this.text.charAt(this.at++) : char;
    }
    return out;
  }

  private space(): void {
    for (;;) {
      const char = this.peek();
      if (char === ' ' || char === '\t' || char === '\r' || char === '\n') this.at++;
      else if (char === '(') this.lastComment = this.skipComment();
      else return;
    }
  }

  private skipComment(): string {
    let depth = 0;
    let out = '';
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at++);
      if (char === '\\') out += this.text.charAt(this.at++);
      else if (char === '(' && depth++ > 0) out += char;
      else if (char === ')' && --depth === 0) break;
      else if (char !== '(' || depth > 1) out += char === '(' ? '' : char;
    }
    return out;
  }

  private comment(): string | undefined {
    return this.lastComment;
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private skip(char: string): boolean {
    this.space();
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }
}

/** `john . doe` (obsolete) is `john.doe`; other words keep their spaces. */
const localOf = (words: string[]): string => {
  const pieces = words.join(' ').split('.');
  const last = pieces.length - 1;
  return pieces
    .map((piece, i) => (i === 0 ? piece : piece.trimStart()))
    .map((piece, i) => (i === last ? piece : piece.trimEnd()))
    .join('.');
};
