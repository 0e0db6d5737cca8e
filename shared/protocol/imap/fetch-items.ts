import type { Arguments } from './arguments.ts';
import { type PartialRange, parsePartialRange } from './partial-range.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** Data items of FETCH (RFC 3501 §6.4.5). */
export type FetchItem =
  | {
      name:
        | 'FLAGS'
        | 'UID'
        | 'INTERNALDATE'
        | 'RFC822.SIZE'
        | 'ENVELOPE'
        | 'BODYSTRUCTURE'
        | 'BODY'
        | 'MODSEQ'
        | 'SAVEDATE'
        | 'PREVIEW'
        | 'EMAILID'
        | 'THREADID';
    }
  | {
      /** A part without its transfer encoding, and its size (RFC 3516). */
      name: 'BINARY';
      path: number[];
      peek: boolean;
      partial: { start: number; length: number } | undefined;
      label: string;
    }
  | { name: 'BINARY.SIZE'; path: number[]; label: string }
  | {
      name: 'BODY[]';
      section: Section;
      peek: boolean;
      partial: { start: number; length: number } | undefined;
      label: string;
    };

export interface Section {
  path: number[];
  what: 'body' | 'mime' | 'header' | 'text' | 'fields' | 'fields-not';
  /** Lower case; only with `fields` and `fields-not`. */
  fields: string[];
}

type SimpleName = Exclude<FetchItem, { label: string }>['name'];

const SIMPLE: readonly SimpleName[] = [
  'FLAGS',
  'UID',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODYSTRUCTURE',
  'MODSEQ',
  'SAVEDATE',
  'EMAILID',
  'THREADID',
];

const MACROS: Record<string, SimpleName[]> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

/** Modifiers of FETCH (RFC 7162 §3.1.4, §3.2.6). */
export interface FetchModifiers {
  changedSince: number | undefined;
  /** Expunged messages are reported too. */
  vanished: boolean;
  /** A page of the messages (RFC 9394 §3.4). */
  range: PartialRange | undefined;
}

/** Parses `[SP "(" modifier *(SP modifier) ")"]`. */
export function parseFetchModifiers(args: Arguments): FetchModifiers {
  const modifiers: FetchModifiers = { changedSince: undefined, vanished: false, range: undefined };
  if (!args.skip(' ')) return modifiers;
  args.list(() => {
    if (args.skipWord('CHANGEDSINCE ')) modifiers.changedSince = args.number();
    else if (args.skipWord('VANISHED')) modifiers.vanished = true;
    else if (args.skipWord('PARTIAL ')) modifiers.range = parsePartialRange(args);
    else throw new ImapSyntaxError('a fetch modifier expected');
  });
  return modifiers;
}

/** Parses the items of a FETCH: a macro, one item, or a list. */
export function parseFetchItems(args: Arguments): FetchItem[] {
  if (args.peek() === '(') return args.list(() => parseItem(args));
  for (const [macro, names] of Object.entries(MACROS)) {
    if (args.skipWord(macro)) return names.map((name) => ({ name }));
  }
  return [parseItem(args)];
}

function parseItem(args: Arguments): FetchItem {
  if (args.skipWord('PREVIEW')) {
    // RFC 8970 §3.2: a preview is always generated at once, also with LAZY.
    args.skipWord(' (LAZY)');
    return { name: 'PREVIEW' };
  }
  // Longer names first: BODYSTRUCTURE begins like BODY, RFC822.SIZE like RFC822.
  for (const name of SIMPLE) if (args.skipWord(name)) return { name };
  if (args.skipWord('RFC822.HEADER')) return whole('header', true, 'RFC822.HEADER');
  if (args.skipWord('RFC822.TEXT')) return whole('text', false, 'RFC822.TEXT');
  if (args.skipWord('RFC822')) return whole('body', false, 'RFC822');
  if (args.skipWord('BINARY')) return parseBinary(args);
  const peek = args.skipWord('BODY.PEEK');
  if (!peek && !args.skipWord('BODY')) throw new ImapSyntaxError('a fetch item expected');
  if (args.peek() !== '[') {
    if (peek) throw new ImapSyntaxError('BODY.PEEK needs a section');
    return { name: 'BODY' };
  }
  const { section, label } = parseSection(args);
  const partial = parsePartial(args);
  return { name: 'BODY[]', section, peek, partial, label: `BODY[${label}]${partial ? `<${partial.start}>` : ''}` };
}

function parseBinary(args: Arguments): FetchItem {
  const size = args.skipWord('.SIZE');
  const peek = !size && args.skipWord('.PEEK');
  args.expect('[');
  const path: number[] = [];
  while (/\d/.test(args.peek())) {
    path.push(args.number());
    if (!args.skip('.')) break;
  }
  args.expect(']');
  const label = path.join('.');
  if (size) return { name: 'BINARY.SIZE', path, label: `BINARY.SIZE[${label}]` };
  const partial = parsePartial(args);
  return { name: 'BINARY', path, peek, partial, label: `BINARY[${label}]${partial ? `<${partial.start}>` : ''}` };
}

const whole = (what: Section['what'], peek: boolean, label: string): FetchItem => ({
  name: 'BODY[]',
  section: { path: [], what, fields: [] },
  peek,
  partial: undefined,
  label,
});

/** Parses a section with its brackets, `[1.2.HEADER]`; `label` is its name in the response. */
export function parseSection(args: Arguments): { section: Section; label: string } {
  args.expect('[');
  const path: number[] = [];
  while (/\d/.test(args.peek())) {
    path.push(args.number());
    if (!args.skip('.')) break;
  }
  const prefix = path.join('.');
  if (args.skip(']')) return { section: { path, what: 'body', fields: [] }, label: prefix };
  const dot = prefix === '' ? '' : `${prefix}.`;
  const named = parseSectionText(args, path);
  args.expect(']');
  return {
    section: { path, what: named.what, fields: named.fields.map((field) => field.toLowerCase()) },
    label: dot + named.label,
  };
}

function parseSectionText(args: Arguments, path: number[]): { what: Section['what']; fields: string[]; label: string } {
  if (args.skipWord('HEADER.FIELDS')) {
    const not = args.skipWord('.NOT');
    args.space();
    const fields = args.list(() => args.astring());
    if (fields.length === 0) throw new ImapSyntaxError('a header name expected');
    return {
      what: not ? 'fields-not' : 'fields',
      fields,
      label: `HEADER.FIELDS${not ? '.NOT' : ''} (${fields.map(fieldLabel).join(' ')})`,
    };
  }
  if (args.skipWord('HEADER')) return { what: 'header', fields: [], label: 'HEADER' };
  if (args.skipWord('TEXT')) return { what: 'text', fields: [], label: 'TEXT' };
  if (path.length > 0 && args.skipWord('MIME')) return { what: 'mime', fields: [], label: 'MIME' };
  throw new ImapSyntaxError('a section expected');
}

/** Header names are returned as they were sent; a name that is not an atom is quoted. */
const fieldLabel = (name: string): string =>
  /^[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]+$/.test(name) ? name : `"${name.replace(/[\\"]/g, '\\$&')}"`;

function parsePartial(args: Arguments): { start: number; length: number } | undefined {
  if (!args.skip('<')) return undefined;
  const start = args.number();
  args.expect('.');
  const length = args.number();
  args.expect('>');
  if (length === 0) throw new ImapSyntaxError('a partial fetch of zero bytes');
  return { start, length };
}
