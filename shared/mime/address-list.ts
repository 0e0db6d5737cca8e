import { AddressTokens, type AddressWord } from './address-tokens.ts';

/** One mailbox of an address list; text is latin1 characters as in the header, RFC 2047 words not decoded. */
export interface Mailbox {
  name: string | undefined;
  /** The source route of an obsolete address, `@one,@two` (RFC 5322 §4.4). */
  route?: string | undefined;
  /** Empty if the header has none. */
  local: string;
  /** Empty if the header has none. */
  domain: string;
}

/** A named group (RFC 5322 §3.4), possibly empty. */
export interface AddressGroup {
  group: string;
  members: Mailbox[];
}

export type Address = Mailbox | AddressGroup;

export const isGroup = (address: Address): address is AddressGroup => 'group' in address;

/** All mailboxes of a list, including those within groups. */
export const mailboxesOf = (list: readonly Address[]): Mailbox[] =>
  list.flatMap((address) => (isGroup(address) ? address.members : [address]));

/**
 * Parses an address list with the faults of real mail: comments, routes, missing domains, missing or extra commas. No address is lost or
 * merged with another: a broken address keeps its text.
 */
export function parseAddressList(text: string): Address[] {
  return new AddressParser(text).list();
}

class AddressParser {
  private readonly tokens: AddressTokens;
  /** The separator that ended the last element: a comma, a semicolon, or the end. */
  private ended: ',' | ';' | '' = ',';

  constructor(text: string) {
    this.tokens = new AddressTokens(text);
  }

  list(): Address[] {
    const out: Address[] = [];
    while (this.ended !== '') for (const address of this.element(false)) out.push(address);
    return out;
  }

  /** Parses up to the next separator: a group, one mailbox, or several if a comma is missing. */
  private element(inGroup: boolean): Address[] {
    const element = new Element();
    for (;;) {
      const token = this.tokens.next();
      if (token.kind === 'word') element.words.push(token);
      else if (token.kind === 'comment') element.comment(token.text);
      else if (token.kind === 'end') {
        this.ended = '';
        return element.finish();
      } else if (token.char === ',' || token.char === ';') {
        this.ended = token.char;
        return element.finish();
      } else if (token.char === '<') element.angle(this.angle());
      else if (token.char === '@') element.bare(this.domain());
      else if (token.char === ':' && !inGroup && element.mailboxes.length === 0) return [this.group(element.phrase())];
    }
  }

  private group(name: string): AddressGroup {
    const members: Mailbox[] = [];
    do {
      for (const member of this.element(true)) if (!isGroup(member)) members.push(member);
    } while (this.ended === ',');
    if (this.ended === ';') this.ended = ',';
    return { group: name, members };
  }

  /** An address after its `<`, including its `>` if present; a separator ends it too. The last of several `@` counts. */
  private angle(): Mailbox {
    const sides = new Sides();
    let route: string | undefined;
    for (;;) {
      const token = this.tokens.next();
      if (token.kind === 'end') break;
      if (token.kind === 'comment') continue;
      if (token.kind === 'word') sides.word(token);
      else if (token.char === '>') break;
      else if (token.char === '@') sides.next();
      else if (token.char === '<' && sides.isEmpty) continue;
      else if (token.char === ':' && sides.isRoute)
        route = route === undefined ? sides.take() : `${route}:${sides.take()}`;
      else if (token.char === ':' || (sides.isRoute && token.char !== '<')) sides.add(token.char);
      else {
        this.tokens.back();
        break;
      }
    }
    return { name: undefined, route, ...sides.address() };
  }

  /** The domain after an `@`: a literal, or words separated only by dots. */
  private domain(): string {
    let out = this.tokens.literal();
    if (out !== undefined) return out;
    for (;;) {
      const token = this.tokens.next();
      if (token.kind === 'comment' && out === undefined) continue;
      if (token.kind !== 'word' || (out !== undefined && !token.joined)) {
        this.tokens.back();
        return out ?? '';
      }
      out = (out ?? '') + token.text;
    }
  }
}

/** The content of angle brackets, split at each `@`. */
class Sides {
  private sides: string[] = [''];

  get isEmpty(): boolean {
    return this.sides.length === 1 && this.sides[0] === '';
  }

  /** Whether it begins like a source route, in which commas separate domains. */
  get isRoute(): boolean {
    return this.sides.length > 1 && this.sides[0] === '';
  }

  next(): void {
    this.sides.push('');
  }

  word(word: AddressWord): void {
    this.add(word.joined || this.sides.at(-1) === '' ? word.text : ` ${word.text}`);
  }

  add(text: string): void {
    this.sides.push((this.sides.pop() ?? '') + text);
  }

  /** The whole text, which is a source route. */
  take(): string {
    const all = this.sides.join('@');
    this.sides = [''];
    return all;
  }

  address(): { local: string; domain: string } {
    const domain = this.sides.length > 1 ? (this.sides.pop() ?? '') : '';
    return { local: this.sides.join('@'), domain };
  }
}

/** The mailboxes of one list element, and the words and comments that are not yet assigned to a mailbox. */
class Element {
  readonly mailboxes: Mailbox[] = [];
  words: AddressWord[] = [];
  private note: string | undefined;
  /** Whether the last mailbox has no angle brackets. */
  private isBare = false;
  /** Whether the name of the last mailbox comes from a comment. */
  private isNoted = false;

  /** A comment after an address without a name is its name, as before RFC 5322; the last comment counts. */
  comment(text: string): void {
    const name = text.replace(/\s+/g, ' ').trim();
    if (name === '') return;
    const last = this.words.length === 0 ? this.mailboxes.at(-1) : undefined;
    if (!last) this.note = name;
    else if (last.name === undefined || this.isNoted) {
      last.name = name;
      this.isNoted = true;
    }
  }

  phrase(): string {
    return this.words.map(({ text }) => text).join(' ');
  }

  /** An address without brackets; words before it are its name. */
  bare(domain: string): void {
    const last = this.mailboxes.at(-1);
    if (last && this.isBare && this.words.length === 0) {
      last.local = `${last.local}@${last.domain}`;
      last.domain = domain;
      return;
    }
    let start = Math.max(this.words.length - 1, 0);
    while (start > 0 && this.words[start]?.joined) start--;
    const local = this.words
      .splice(start)
      .map(({ text }) => text)
      .join('');
    this.push({ name: undefined, local, domain });
    this.isBare = true;
  }

  angle(mailbox: Mailbox): void {
    const last = this.words.length === 0 && this.isBare ? this.mailboxes.at(-1) : undefined;
    // Many clients repeat the address as the name.
    if (last && last.name === undefined && last.local === mailbox.local && last.domain === mailbox.domain) {
      last.name = `${last.local}@${last.domain}`;
      last.route = mailbox.route;
    } else this.push(mailbox);
    this.isBare = false;
  }

  /** The mailboxes. Words without an address are a mailbox, unless they follow an address in brackets. */
  finish(): Mailbox[] {
    if (this.words.length === 0 || (this.mailboxes.length > 0 && !this.isBare)) return this.mailboxes;
    const isOne = this.words.every(({ joined }, i) => i === 0 || joined) && !/\s/.test(this.phrase());
    if (isOne) {
      const local = this.words.map(({ text }) => text).join('');
      this.words = [];
      this.push({ name: undefined, local, domain: '' });
    } else this.push({ name: undefined, local: '', domain: '' });
    return this.mailboxes;
  }

  private push(mailbox: Mailbox): void {
    const phrase = this.phrase().trim();
    this.isNoted = phrase === '' && this.note !== undefined;
    mailbox.name = phrase === '' ? this.note : phrase;
    this.mailboxes.push(mailbox);
    this.words = [];
    this.note = undefined;
  }
}
