/** A token of an address list (RFC 5322 §3.2); text is latin1 characters as in the header. */
export type AddressToken =
  | AddressWord
  | { kind: 'comment'; text: string }
  | { kind: 'special'; char: string }
  | { kind: 'end' };

/** An atom with its dots, or the content of a quoted string. */
export interface AddressWord {
  kind: 'word';
  text: string;
  /** Whether it continues the previous word: nothing is between them, or white space beside a dot (`john . doe`, RFC 5322 §4.4). */
  joined: boolean;
}

/** Characters with a meaning of their own. Square brackets have one only in a domain: mailing lists write `[name]` before names. */
const SPECIALS = ',;:<>@';
const WHITE = ' \t\r\n';
const NOT_LITERAL = `${WHITE},<>`;

const END = { kind: 'end' } as const;

/** Reads an address list token by token. An unclosed quote or parenthesis is taken literally, so that it hides no address. */
export class AddressTokens {
  private at = 0;
  /** Whether a separator precedes the next token. */
  private apart = false;
  /** Whether the word before the next token ends with a dot. */
  private dotted = false;
  private last = { at: 0, apart: false, dotted: false };
  /** False once an unclosed quoted string or comment was found: none that begins later is closed either. */
  private quotesClose = true;
  private commentsClose = true;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  next(): AddressToken {
    this.last = { at: this.at, apart: this.apart, dotted: this.dotted };
    this.space();
    const char = this.text.charAt(this.at);
    if (char === '') return END;
    if (char === '(') {
      const text = this.comment();
      this.apart = true;
      // A parenthesis that opens no comment is skipped.
      return text === undefined ? this.next() : { kind: 'comment', text };
    }
    const { apart, dotted } = this;
    this.apart = false;
    this.dotted = false;
    if (SPECIALS.includes(char)) {
      this.at++;
      return { kind: 'special', char };
    }
    const quoted = char === '"' && this.quotesClose ? this.quoted() : undefined;
    if (quoted !== undefined) return { kind: 'word', text: quoted, joined: !apart || dotted };
    const text = this.atom();
    this.dotted = text.endsWith('.');
    return { kind: 'word', text, joined: !apart || dotted || text.startsWith('.') };
  }

  /** Puts the last token back. */
  back(): void {
    this.at = this.last.at;
    this.apart = this.last.apart;
    this.dotted = this.last.dotted;
  }

  /** A domain literal (RFC 5322 §3.4.1) with its brackets, if one is next; an unclosed one ends at the first character that it cannot contain. */
  literal(): string | undefined {
    this.space();
    if (this.text.charAt(this.at) !== '[') return undefined;
    const start = this.at;
    while (this.at < this.text.length && !NOT_LITERAL.includes(this.text.charAt(this.at)))
      if (this.text.charAt(this.at++) === ']') break;
    this.apart = false;
    return this.text.slice(start, this.at);
  }

  /** Skips white space, and parentheses that belong to no comment. */
  private space(): void {
    const passed = this.commentsClose ? `${WHITE})` : `${WHITE}()`;
    while (this.at < this.text.length && passed.includes(this.text.charAt(this.at))) {
      this.at++;
      this.apart = true;
    }
  }

  private atom(): string {
    const start = this.at;
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (WHITE.includes(char) || SPECIALS.includes(char)) break;
      if ('()'.includes(char) || (char === '"' && this.quotesClose)) break;
      this.at += char === '\\' ? 2 : 1;
    }
    return this.text.slice(start, this.at);
  }

  private quoted(): string | undefined {
    let out = '';
    for (let at = this.at + 1; at < this.text.length; at++) {
      const char = this.text.charAt(at);
      if (char === '"') {
        this.at = at + 1;
        return out;
      }
      out += char === '\\' ? this.text.charAt(++at) : char;
    }
    this.quotesClose = false;
    return undefined;
  }

  private comment(): string | undefined {
    let depth = 0;
    let out = '';
    for (let at = this.at; at < this.text.length; at++) {
      const char = this.text.charAt(at);
      if (char === '(' && depth++ === 0) continue;
      if (char === ')' && --depth === 0) {
        this.at = at + 1;
        return out;
      }
      out += char === '\\' ? this.text.charAt(++at) : char;
    }
    this.commentsClose = false;
    return undefined;
  }
}
