/** A field such as Content-Type or Content-Disposition: a value and its parameters (RFC 2045 §5.1). */
export interface StructuredField {
  /** Lower case, comments removed. */
  value: string;
  /** In their order; names in lower case, RFC 2231 forms as they came. */
  params: [name: string, value: string][];
}

/** Parses `value; name=value; name="quoted"`, forgiving stray and missing semicolons, comments and missing quotes. */
export function parseStructuredField(text: string): StructuredField {
  const tokens = new Tokens(text);
  let value = tokens.until(';=').trim().toLowerCase();
  const params: [string, string][] = [];
  if (tokens.skip('=')) {
    // No semicolon before the first parameter.
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
  return { value, params };
}

export const parameter = (field: StructuredField, name: string): string | undefined =>
  field.params.find(([key]) => key === name)?.[1];

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
