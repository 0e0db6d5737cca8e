import { decodeUtf7, isUtf7 } from './utf7.ts';

const ENCODED_WORD = /=\?([^?*\s]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi;

/** Decodes latin1 characters of a header: as UTF-8 if they are valid UTF-8, else as windows-1252. */
export function decodeRawText(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  return decodeBytes(Buffer.from(latin1, 'latin1'), undefined);
}

/** RFC 2046 §4.1.2: US-ASCII has no 8-bit bytes; if there are any, the label is ignored. */
const US_ASCII = /^(?:us-)?ascii$/i;

/** Decodes bytes by charset label; without a known label, as UTF-8 if they are valid UTF-8, else as windows-1252. */
export function decodeBytes(bytes: Buffer, charset: string | undefined): string {
  if (charset !== undefined && isUtf7(charset)) return decodeUtf7(bytes);
  const decoder = charset === undefined ? undefined : decoderFor(charset.trim().toLowerCase(), bytes);
  if (decoder) return decoder.decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function decoderFor(charset: string, bytes: Buffer): InstanceType<typeof TextDecoder> | undefined {
  if (US_ASCII.test(charset)) return undefined;
  // RFC 2781 §4.3: the byte order mark gives the byte order; TextDecoder assumes little-endian.
  const isBigEndian = charset === 'utf-16' && bytes[0] === 0xfe && bytes[1] === 0xff;
  try {
    return new TextDecoder(isBigEndian ? 'utf-16be' : charset);
  } catch {
    return undefined;
  }
}

/** Decodes the encoded words (RFC 2047) of an unstructured field or a display name. Malformed words stay as they are. */
export function decodeHeaderText(latin1: string): string {
  // RFC 2047 §6.2: white space between two encoded words is not shown.
  const joined = latin1.replace(/(\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1');
  let out = '';
  let last = 0;
  let pending: { charset: string; bytes: Buffer[] } | undefined;
  const flush = () => {
    if (pending) out += decodeBytes(Buffer.concat(pending.bytes), pending.charset);
    pending = undefined;
  };
  for (const match of joined.matchAll(ENCODED_WORD)) {
    const [whole, charset = '', encoding = '', text = ''] = match;
    if (match.index > last) {
      flush();
      out += decodeRawText(joined.slice(last, match.index));
    }
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : decodeQ(text);
    // A character split over two adjacent words (against RFC 2047 §5, but common) is joined before decoding.
    const continues = pending?.charset.toLowerCase() === charset.toLowerCase() && !isStateful(charset);
    if (pending && continues) pending.bytes.push(bytes);
    else {
      flush();
      pending = { charset, bytes: [bytes] };
    }
    last = match.index + whole.length;
  }
  flush();
  return out + decodeRawText(joined.slice(last));
}

/** RFC 2047 §3: a word of a stateful charset begins and ends in ASCII, so it is decoded alone; joined, its escape sequences would be errors. */
const isStateful = (charset: string): boolean => isUtf7(charset) || /^iso-2022-/i.test(charset);

function decodeQ(text: string): Buffer {
  const plain = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

/**
 * Encodes text as the value of an unstructured field, as words between which a line may be folded: unchanged if it is plain ASCII, else
 * encoded words of at most 75 characters (RFC 2047 §2).
 */
export function encodedWords(text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return [text];
  const words: string[] = [];
  let word = '';
  for (const character of text.toWellFormed().replace(/[\r\n]+/g, ' ')) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  if (word !== '') words.push(word);
  return words.map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`);
}
