import { decodeBytes, decodeHeaderText } from './encoded-words.ts';

/** A field such as Content-Type or Content-Disposition: a value and its parameters (RFC 2045 §5.1). */
export interface StructuredField {
  /** Lower case, comments removed. */
  value: string;
  /** In order; names in lower case. Continuations are joined; the name of a parameter with a charset ends with `*` (RFC 2231 §4). */
  params: Parameter[];
}

export type Parameter = [name: string, value: string];

/** Parses `value; name=value; name="quoted"`, tolerating extra and missing semicolons, comments and missing quotes. */
export function parseStructuredField(text: string): StructuredField {
  const tokens = new Tokens(text);
  let value = tokens.until(';=').trim().toLowerCase();
  const params: Parameter[] = [];
  if (tokens.skip('=')) {
    // The semicolon before the first parameter is missing.
    const split = /^(.*\S)\s+(\S+)$/s.exec(value);
    const content = tokens.value();
    if (split) params.push([split[2] ?? '', content]);
    value = split?.[1] ?? value;
  }
  while (tokens.more()) {
    tokens.skip(';');
    const name = tokens.until('=;').trim().toLowerCase();
    if (!tokens.skip('=')) continue;
    const content = tokens.value();
    if (name !== '') params.push([name, content]);
  }
  return { value, params: joinPieces(params) };
}

/** A parameter that is plain ASCII, such as a boundary or a charset. */
export const parameter = (field: StructuredField, name: string): string | undefined =>
  plain(field, name) ?? extended(field, name);

/** A parameter that is text, such as a file name; RFC 2231 and, against its rules but common, RFC 2047 are decoded. */
export function parameterText(field: StructuredField, name: string): string | undefined {
  const text = plain(field, name);
  return extended(field, name) ?? (text === undefined ? undefined : decodeHeaderText(text));
}

const plain = (field: StructuredField, name: string): string | undefined =>
  field.params.find(([key]) => key === name)?.[1];

/** RFC 2231 §4: `charset'language'text`, of which charset and language may be empty. */
function extended(field: StructuredField, name: string): string | undefined {
  const value = plain(field, `${name}*`);
  if (value === undefined) return undefined;
  const head = /^([^']*)'[^']*'/.exec(value);
  const bytes = value
    .slice(head?.[0].length ?? 0)
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeBytes(Buffer.from(bytes, 'latin1'), head?.[1] || undefined);
}

/** RFC 2231 §3: `name*0`, `name*1`, with a trailing star if the value is percent-encoded. */
const PIECE = /^([^*]+)\*(\d{1,9})(\*?)$/;

/** Characters that need no percent-encoding (RFC 2231 §7, attribute-char). */
const CODED = /[^!#$&+\-.0-9A-Z^_`a-z{|}~]/g;

interface Piece {
  number: number;
  coded: boolean;
  value: string;
}

/**
 * Joins parameter continuations (RFC 2231 §3, §4.1) in the order of their numbers, at the position of the first. They take precedence over a
 * plain parameter of the same name.
 */
function joinPieces(params: Parameter[]): Parameter[] {
  const pieces = new Map<string, Piece[]>();
  for (const [key, value] of params) {
    const [, found, number = '', star] = PIECE.exec(key) ?? [];
    if (found === undefined) continue;
    const name = found.trimEnd();
    const piece = { number: Number(number), coded: star === '*', value };
    const others = pieces.get(name);
    if (others) others.push(piece);
    else pieces.set(name, [piece]);
  }
  if (pieces.size === 0) return params;
  const joined = new Map([...pieces].map(([name, list]) => [name, joinParameter(name, list)]));
  const replaced = new Set([...joined.values()].map(([name]) => name));
  return params.flatMap(([key, value]): Parameter[] => {
    const name = PIECE.exec(key)?.[1]?.trimEnd();
    if (name === undefined) return replaced.has(key) ? [] : [[key, value]];
    const whole = joined.get(name);
    joined.delete(name);
    return whole ? [whole] : [];
  });
}

function joinParameter(name: string, pieces: Piece[]): Parameter {
  const sorted = pieces
    .sort((a, b) => a.number - b.number)
    .filter(({ number }, i, all) => i === 0 || number !== all[i - 1]?.number);
  if (!sorted.some(({ coded }) => coded)) return [name, sorted.map(({ value }) => value).join('')];
  const values = sorted.map(({ coded, value }) => (coded ? value : value.replace(CODED, percentCode)));
  // RFC 2231 §4.1: only the first continuation has a charset, and only if it is encoded.
  return [`${name}*`, `${sorted[0]?.coded ? '' : "''"}${values.join('')}`];
}

const percentCode = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

class Tokens {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  more(): boolean {
    return this.at < this.text.length;
  }

  skip(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  /** Text up to one of the stop characters or the end, without comments. */
  until(stops: string): string {
    let out = '';
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (stops.includes(char)) break;
      if (char === '(') this.comment();
      else {
        out += char;
        this.at++;
      }
    }
    return out;
  }

  /** A parameter's value: a quoted string with its escapes resolved, or text up to the next semicolon. */
  value(): string {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
    if (this.text[this.at] !== '"') return this.until(';').trim();
    this.at++;
    let out = '';
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at++);
      if (char === '"') break;
      out += char === '\\' ? this.text.charAt(this.at++) : char;
    }
    this.until(';');
    return out;
  }

  private comment(): void {
    let depth = 0;
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at++);
      if (char === '\\') this.at++;
      else if (char === '(') depth++;
      else if (char === ')' && --depth === 0) return;
    }
  }
}
