import { firstField, type HeaderField, parseHeaderFields } from './header-fields.ts';
import { parameter, parseStructuredField, type StructuredField } from './structured-field.ts';

/** Where one MIME part stands in its message; all offsets in bytes from the message's first byte. */
export interface Part {
  kind: 'leaf' | 'multipart' | 'message';
  headerStart: number;
  /** After the empty line that ends the header. */
  bodyStart: number;
  /** Without the line end that belongs to the boundary after it (RFC 2046 §5.1.1). */
  bodyEnd: number;
  /** Line ends within the body. */
  lines: number;
  fields: HeaderField[];
  /** `type/subtype`, lower case, defaults applied (RFC 2045 §5.2). */
  contentType: StructuredField;
  /** Content-Transfer-Encoding, lower case. */
  encoding: string;
  /** A multipart's parts; the one message within message/rfc822. */
  children: Part[];
}

const IDENTITY_ENCODINGS = new Set(['7bit', '8bit', 'binary']);

/** Reads what the header of a part says about its body. `defaultType` is message/rfc822 within multipart/digest. */
export function describePart(headerStart: number, bodyStart: number, header: Buffer, defaultType: string): Part {
  const fields = parseHeaderFields(header);
  const contentType = contentTypeOf(firstField(fields, 'content-type'), defaultType);
  const encoding = (firstField(fields, 'content-transfer-encoding') ?? '7bit')
    // The names have a few letters; comments about them are read as far as somebody might have meant them.
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
 * A multipart in which no part is found, as the text that it is: what its header promises is not there (RFC 2046 §5.1 asks for one part at
 * least), and a text shows people all that is.
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
  // RFC 2045 §5.2: a Content-Type that cannot be understood is taken as text/plain.
  if (/^[!-.0-~]+\/[!-.0-~]+$/.test(field.value)) return field;
  return { value: defaultType, params: field.value === '' || defaultType !== 'text/plain' ? [] : field.params };
}

function kindOf(contentType: StructuredField, encoding: string): Part['kind'] {
  if (contentType.value.startsWith('multipart/') && parameter(contentType, 'boundary')) return 'multipart';
  // RFC 2046 §5.2.1: only 7bit, 8bit and binary are allowed for message/rfc822; anything else stays closed.
  const isMessage = contentType.value === 'message/rfc822' || contentType.value === 'message/global';
  return isMessage && IDENTITY_ENCODINGS.has(encoding) ? 'message' : 'leaf';
}
