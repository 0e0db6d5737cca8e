import { ImapSyntaxError } from './syntax-error.ts';

/** A literal that is a message, by its index in the command: messages are not held in memory. */
export interface SpooledLiteral {
  spooled: number;
}

/** A command as received: text (latin1, one character a byte) and literals (bytes) in order. */
export type CommandPiece = string | Buffer | SpooledLiteral;

const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y;
const ASTRING_ATOM = /[^\x00-\x20\x7f(){%*"\\]+/y;
const LIST_MAILBOX = /[^\x00-\x20\x7f(){"\\]+/y;
const NUMBER = /\d{1,15}/y;
/** `$` is the saved search result (RFC 5182). */
const SEQUENCE_SET = /\$|[\d:*,]+/y;

/** Reads the arguments of a command from left to right. Every method throws ImapSyntaxError for a syntax error. */
export class Arguments {
  private piece = 0;
  private at = 0;
  private readonly pieces: readonly CommandPiece[];

  constructor(pieces: readonly CommandPiece[]) {
    this.pieces = pieces;
  }

  /** The next character, or '' at a literal and at the end. */
  peek(): string {
    const text = this.text();
    return text === undefined ? '' : text.charAt(this.at);
  }

  atEnd(): boolean {
    return this.text() === undefined && !this.literalAhead() && this.spooledAhead() === undefined;
  }

  end(): void {
    if (!this.atEnd()) throw new ImapSyntaxError('more arguments than the command takes');
  }

  space(): void {
    this.expect(' ');
  }

  expect(char: string): void {
    if (!this.skip(char)) throw new ImapSyntaxError(char === ' ' ? 'an argument is missing' : `${char} expected`);
  }

  /** Skips a character if it is next. */
  skip(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }

  /** Skips a word if it is next, ignoring case. */
  skipWord(word: string): boolean {
    const text = this.text();
    if (text?.slice(this.at, this.at + word.length).toUpperCase() !== word) return false;
    this.at += word.length;
    return true;
  }

  atom(): string {
    return this.match(ATOM, 'an atom');
  }

  number(): number {
    return Number(this.match(NUMBER, 'a number'));
  }

  sequenceSet(): string {
    return this.match(SEQUENCE_SET, 'a sequence set');
  }

  astring(): string {
    return this.isString() ? this.string() : this.match(ASTRING_ATOM, 'a string');
  }

  listMailbox(): string {
    return this.isString() ? this.string() : this.match(LIST_MAILBOX, 'a mailbox pattern');
  }

  /** A quoted string or a literal, as latin1 characters. RFC 3501 §9: neither has a NUL, the first no CR either. */
  string(): string {
    if (!this.literalAhead()) return this.quoted();
    const text = this.literal().toString('latin1');
    if (text.includes('\0')) throw new ImapSyntaxError('a string has no NUL in it');
    return text;
  }

  private quoted(): string {
    this.expect('"');
    const text = this.text() ?? '';
    let out = '';
    for (;;) {
      let char = text.charAt(this.at++);
      if (char === '"') return out;
      if (char === '\\') char = text.charAt(this.at++);
      if (char === '') throw new ImapSyntaxError('a quoted string has no end');
      if (char === '\0' || char === '\r') throw new ImapSyntaxError('a quoted string has no NUL and no CR in it');
      out += char;
    }
  }

  /** The index of the next literal, which is a message. */
  spooled(): number {
    const number = this.spooledAhead();
    if (number === undefined) throw new ImapSyntaxError('a message expected');
    this.piece++;
    this.at = 0;
    return number;
  }

  /** A string, a literal8 with any bytes (RFC 3516 §5), or NIL. */
  nstring8(): string | undefined {
    return this.literalAhead() ? this.literal().toString('latin1') : this.nstring();
  }

  nstring(): string | undefined {
    return this.isString() ? this.string() : this.nil();
  }

  /** A parenthesised list, its members separated by single spaces. */
  list<T>(member: () => T): T[] {
    this.expect('(');
    const out: T[] = [];
    while (!this.skip(')')) {
      if (out.length > 0) this.space();
      out.push(member());
    }
    return out;
  }

  isString(): boolean {
    return this.peek() === '"' || this.literalAhead();
  }

  private nil(): undefined {
    if (!this.skipWord('NIL')) throw new ImapSyntaxError('a string or NIL expected');
  }

  private literalAhead(): boolean {
    return this.text() === undefined && Buffer.isBuffer(this.pieces[this.piece]);
  }

  private spooledAhead(): number | undefined {
    if (this.text() !== undefined) return undefined;
    const piece = this.pieces[this.piece];
    return typeof piece === 'object' && 'spooled' in piece ? piece.spooled : undefined;
  }

  private literal(): Buffer {
    const literal = this.pieces[this.piece];
    if (!Buffer.isBuffer(literal)) throw new ImapSyntaxError('a literal expected');
    this.piece++;
    this.at = 0;
    return literal;
  }

  private match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text() ?? '')?.[0];
    if (found === undefined) throw new ImapSyntaxError(`${what} expected`);
    this.at += found.length;
    return found;
  }

  /** The text segment that is being read, after skipping those that are used up. */
  private text(): string | undefined {
    const piece = this.pieces[this.piece];
    if (typeof piece !== 'string') return undefined;
    if (this.at < piece.length) return piece;
    if (this.piece + 1 >= this.pieces.length) return undefined;
    this.piece++;
    this.at = 0;
    return this.text();
  }
}
