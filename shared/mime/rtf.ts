import { charsetOf } from './code-pages.ts';
import { decodeBytes } from './encoded-words.ts';
import { escapeHtml } from './html-text.ts';

/** The content of an RTF text: the HTML or plain text that it encapsulates, or HTML made from it. */
export interface RichText {
  kind: 'html' | 'text';
  text: string;
}

/** Destinations that hold no text of the message. */
const HIDDEN = new Set([
  'fonttbl',
  'colortbl',
  'stylesheet',
  'info',
  'pict',
  'object',
  'header',
  'footer',
  'headerl',
  'headerr',
  'footerl',
  'footerr',
  'themedata',
  'datastore',
  'listtable',
  'listoverridetable',
  'rsidtbl',
  'generator',
  'xmlnstbl',
  'fldinst',
  'mhtmltag',
]);

const CHARACTERS: Record<string, string> = {
  tab: '\t',
  lquote: '\u2018',
  rquote: '\u2019',
  ldblquote: '\u201c',
  rdblquote: '\u201d',
  bullet: '\u2022',
  endash: '\u2013',
  emdash: '\u2014',
  emspace: '\u2003',
  enspace: '\u2002',
};

/** Windows code pages by the character set of a font (RTF 1.9, `\fcharset`). */
const FONT_CHARSETS: Record<number, string> = {
  77: 'macintosh',
  128: 'shift_jis',
  129: 'euc-kr',
  134: 'gbk',
  136: 'big5',
  161: 'windows-1253',
  162: 'windows-1254',
  163: 'windows-1258',
  177: 'windows-1255',
  178: 'windows-1256',
  186: 'windows-1257',
  204: 'windows-1251',
  222: 'windows-874',
  238: 'windows-1250',
};

interface Group {
  hidden: boolean;
  /** Within `\*\htmltag`. */
  tag: boolean;
  /** Between `\htmlrtf` and `\htmlrtf0`: not part of the HTML. */
  rtfOnly: boolean;
  /** The number of fallback bytes after a `\u`. */
  skip: number;
  font: number;
  bold: boolean;
  italic: boolean;
  underline: boolean;
}

/**
 * Reads RTF (one character a byte): the HTML or text that it encapsulates (MS-OXRTFEX), else HTML with its basic formatting. Linear in the
 * number of tokens.
 */
export function readRtf(rtf: string): RichText {
  const head = rtf.slice(0, 4096);
  const kind = /\\fromhtml1?(?!\d)/.test(head) ? 'encapsulated' : /\\fromtext(?!\w)/.test(head) ? 'text' : 'rich';
  const reader = new RtfReader(kind, rtf);
  const text = reader.read();
  return { kind: kind === 'text' ? 'text' : 'html', text };
}

type Source = 'encapsulated' | 'text' | 'rich';

const MAX_DEPTH = 1000;

class RtfReader {
  private readonly source: Source;
  private readonly rtf: string;
  private readonly out: string[] = [];
  private readonly stack: Group[] = [];
  private readonly fonts = new Map<number, string>();
  private codePage = charsetOf(1252);
  private group: Group = {
    hidden: false,
    tag: false,
    rtfOnly: false,
    skip: 1,
    font: 0,
    bold: false,
    italic: false,
    underline: false,
  };
  /** Bytes that are not decoded yet: a character may have several. */
  private bytes: number[] = [];
  /** The number of fallback characters still to be skipped after a `\u`. */
  private skipping = 0;
  /** The open formatting elements of a paragraph. */
  private marks = '';

  constructor(source: Source, rtf: string) {
    this.source = source;
    this.rtf = rtf;
  }

  read(): string {
    const token = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|[^\\{}\r\n]+/giy;
    this.readFonts();
    for (let match = token.exec(this.rtf); match; match = token.exec(this.rtf)) {
      const [whole, word, parameter, hex, symbol, brace] = match;
      if (hex !== undefined) this.byte(Number.parseInt(hex, 16));
      else if (word !== undefined) this.control(word.toLowerCase(), parameter);
      else if (symbol !== undefined) this.symbol(symbol, match.index);
      else if (brace === '{') this.open();
      else if (brace === '}') this.close();
      else if (!/^[\r\n]/.test(whole)) this.plain(whole);
      // A backslash at the end is ignored.
    }
    this.flushBytes();
    this.mark('');
    const text = this.out.join('');
    return this.source === 'rich' ? `<html><body><p>${text}</p></body></html>` : text;
  }

  private open(): void {
    this.flushBytes();
    if (this.stack.length >= MAX_DEPTH) return;
    this.stack.push({ ...this.group });
  }

  private close(): void {
    this.flushBytes();
    this.group = this.stack.pop() ?? this.group;
  }

  private control(word: string, parameter: string | undefined): void {
    const number = parameter === undefined ? undefined : Number(parameter);
    this.flushBytes();
    switch (word) {
      case 'u': {
        this.character(String.fromCharCode((number ?? 0) & 0xffff));
        this.skipping = this.group.skip;
        return;
      }
      case 'uc':
        this.group.skip = Math.min(Math.max(number ?? 1, 0), 16);
        return;
      case 'ansicpg':
        this.codePage = charsetOf(number ?? 0);
        return;
      case 'f':
        this.group.font = number ?? 0;
        return;
      case 'htmlrtf':
        this.group.rtfOnly = number !== 0;
        return;
      case 'htmltag':
        this.group.tag = true;
        this.group.hidden = false;
        return;
      case 'par':
      case 'line':
      case 'sect':
      case 'page':
        return this.lineEnd(word === 'par');
      case 'b':
      case 'i':
      case 'ul':
      case 'ulnone':
      case 'plain':
        return this.format(word, number !== 0);
      case 'bin':
        // Binary data follows, which is read as tokens: its length is not trusted.
        this.skipping = 0;
        return;
      default:
    }
    const character = CHARACTERS[word];
    if (character !== undefined) this.character(character);
    else if (HIDDEN.has(word)) this.group.hidden = true;
  }

  private symbol(symbol: string, at: number): void {
    if (symbol === '*') {
      // An ignorable destination: all are skipped except HTML tags.
      if (!/^\\\*\s*\\htmltag/i.test(this.rtf.slice(at, at + 32))) this.group.hidden = true;
      return;
    }
    this.flushBytes();
    if (symbol === '~') this.character('\u00a0');
    else if (symbol === '_') this.character('\u2011');
    else if (symbol === '\r' || symbol === '\n') this.lineEnd(true);
    else if (symbol === '\\' || symbol === '{' || symbol === '}') this.plain(symbol);
  }

  private lineEnd(paragraph: boolean): void {
    if (!this.isShown()) return;
    if (this.source !== 'rich') this.out.push('\r\n');
    else if (paragraph) {
      this.mark('');
      this.out.push('</p>\r\n<p>');
    } else this.out.push('<br>\r\n');
  }

  private format(word: string, on: boolean): void {
    if (word === 'b') this.group.bold = on;
    else if (word === 'i') this.group.italic = on;
    else if (word === 'ul') this.group.underline = on;
    else if (word === 'ulnone') this.group.underline = false;
    else Object.assign(this.group, { bold: false, italic: false, underline: false });
  }

  /** Text is in the charset of its font. */
  private plain(text: string): void {
    if (this.skipping > 0) {
      const passed = Math.min(this.skipping, text.length);
      this.skipping -= passed;
      text = text.slice(passed);
    }
    if (text === '' || !this.isShown()) return;
    if (/^[\x00-\x7f]*$/.test(text) && this.bytes.length === 0) this.write(text);
    else for (const char of text) this.bytes.push(char.charCodeAt(0));
  }

  private byte(byte: number): void {
    if (this.skipping > 0) this.skipping--;
    else if (this.isShown()) this.bytes.push(byte);
  }

  private character(text: string): void {
    if (this.skipping > 0) this.skipping--;
    else if (this.isShown()) this.write(text);
  }

  private flushBytes(): void {
    if (this.bytes.length === 0) return;
    const bytes = Buffer.from(this.bytes);
    this.bytes = [];
    this.write(decodeBytes(bytes, this.fonts.get(this.group.font) ?? this.codePage));
  }

  private write(text: string): void {
    if (this.source !== 'rich') {
      // Text between tags is escaped, a tag is copied.
      this.out.push(this.source === 'encapsulated' && !this.group.tag ? escapeHtml(text) : text);
      return;
    }
    const { bold, italic, underline } = this.group;
    this.mark(`${bold ? 'b' : ''}${italic ? 'i' : ''}${underline ? 'u' : ''}`);
    this.out.push(escapeHtml(text));
  }

  /** Closes the open formatting elements and opens the required ones. */
  private mark(wanted: string): void {
    if (wanted === this.marks) return;
    for (const tag of [...this.marks].reverse()) this.out.push(`</${tag}>`);
    for (const tag of wanted) this.out.push(`<${tag}>`);
    this.marks = wanted;
  }

  private isShown(): boolean {
    return !this.group.hidden && !(this.group.rtfOnly && !this.group.tag);
  }

  /** The charsets of the fonts: `{\f1\fnil\fcharset204 Arial;}`. */
  private readFonts(): void {
    const start = this.rtf.slice(0, 65_536).indexOf('{\\fonttbl');
    if (start < 0) return;
    const table = this.rtf.slice(start, start + 32_768);
    for (const [, font, charset] of table.matchAll(/\\f(\d{1,5})[^{}]{0,200}?\\fcharset(\d{1,3})/g)) {
      const name = FONT_CHARSETS[Number(charset)];
      if (name) this.fonts.set(Number(font), name);
    }
  }
}

/** Encapsulates text in RTF; characters beyond ASCII as `\u`. */
export const textToRtf = (text: string): string =>
  `{\\rtf1\\ansi\\ansicpg1252\\fromtext \\deff0{\\fonttbl{\\f0\\fmodern Courier New;}}\r\n\\uc1\\pard\\plain\\f0\\fs20 ${escapeRtf(text)}}`;

/** Encapsulates HTML in RTF (MS-OXRTFEX): RTF readers show its text, HTML readers the HTML. */
export function htmlToRtf(html: string): string {
  const body = piecesOf(html).map((piece) =>
    /^<.*>$/s.test(piece)
      ? `{\\*\\htmltag64 ${escapeRtf(piece)}}${/^<(br|p|div|tr|li|h[1-6])\b/i.test(piece) ? '\\htmlrtf \\par\\htmlrtf0 ' : ''}`
      : `{\\*\\htmltag64 ${escapeRtf(piece)}}\\htmlrtf ${escapeRtf(piece.replace(/&\w+;|&#\d+;/g, ' '))}\\htmlrtf0 `,
  );
  return `{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\r\n\\uc1\\pard\\plain\\deftab360\\f0\\fs24 ${body.join('\r\n')}}`;
}

/** Splits HTML into tags and text; after the last `>` everything is text, so that no `<` searches for a missing `>`. */
function piecesOf(html: string): string[] {
  const end = html.lastIndexOf('>') + 1;
  const pieces = html.slice(0, end).match(/<[^>]*>|[^<]+/g) ?? [];
  return [...pieces, ...(html.slice(end).match(/[^<]+|</g) ?? [])];
}

const escapeRtf = (text: string): string =>
  text
    .replace(/[\\{}]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\par\r\n')
    .replace(/\t/g, '\\tab ')
    .replace(
      /[^\x00-\x7f]/g,
      (char) => `\\u${char.charCodeAt(0) > 32767 ? char.charCodeAt(0) - 65536 : char.charCodeAt(0)}?`,
    );
