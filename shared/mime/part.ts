import { firstField, type HeaderField, parseHeaderFields } from './header-fields.ts';
import { parameter, parseStructuredField, type StructuredField } from './structured-field.ts';

/** One MIME part of a message; all offsets are in bytes from the beginning of the message. */
export interface Part {
  kind: 'leaf' | 'multipart' | 'message';
  headerStart: number;
  /** After the empty line that ends the header. */
  bodyStart: number;
  /** Before the line end that belongs to the next boundary (RFC 2046 §5.1.1). */
  bodyEnd: number;
  /** Line ends within the body. */
  lines: number;
  fields: HeaderField[];
  /** `type/subtype`, lower case, defaults applied (RFC 2045 §5.2). */
  contentType: StructuredField;
  /** Content-Transfer-Encoding, lower case. */
  encoding: string;
  /** The parts of a multipart; the message within message/rfc822. */
  children: Part[];
}

const IDENTITY_ENCODINGS = new Set(['7bit', '8bit', 'binary']);

/** Reads the description of a part's body from its header. `defaultType` is message/rfc822 within multipart/digest. */
export function describePart(headerStart: number, bodyStart: number, header: Buffer, defaultType: string): Part {
  const fields = parseHeaderFields(header);
  const contentType = contentTypeOf(firstField(fields, 'content-type'), defaultType);
  const encoding = (firstField(fields, 'content-transfer-encoding') ?? '7bit')
    // Encoding names are short; comments are parsed only in a bounded prefix.
    .slice(0, 200)
    .replace(/\(.*?\)/g, '')
    .trim()
    .toLowerCase();
  const part: Part = {
    kind: kindOf(contentType, encoding),
    headerStart,
    bodyStart,
    bodyEnd: bodyStart,
    lines: 0,
    fields,
    contentType,
    encoding: encoding || '7bit',
    children: [],
  };
  return part.kind === 'leaf' && contentType.value.startsWith('multipart/') ? asText(part) : part;
}

/**
 * Makes a text part of a multipart without any part (RFC 2046 §5.1 requires at least one), so that its content is shown.
 */
export const asText = (part: Part): Part => ({
  ...part,
  kind: 'leaf',
  contentType: {
    value: 'text/plain',
    params: part.contentType.params.filter(([name]) => name !== 'boundary' && name !== 'boundary*'),
  },
});

function contentTypeOf(text: string | undefined, defaultType: string): StructuredField {
  const field = parseStructuredField(text ?? '');
  // RFC 2045 §5.2: an invalid Content-Type is taken as text/plain.
  if (/^[!-.0-~]+\/[!-.0-~]+$/.test(field.value)) return field;
  return { value: defaultType, params: field.value === '' || defaultType !== 'text/plain' ? [] : field.params };
}

function kindOf(contentType: StructuredField, encoding: string): Part['kind'] {
  if (contentType.value.startsWith('multipart/') && parameter(contentType, 'boundary')) return 'multipart';
  // RFC 2046 §5.2.1: message/rfc822 must be 7bit, 8bit or binary; with any other encoding it is not parsed.
  const isMessage = contentType.value === 'message/rfc822' || contentType.value === 'message/global';
  return isMessage && IDENTITY_ENCODINGS.has(encoding) ? 'message' : 'leaf';
}
