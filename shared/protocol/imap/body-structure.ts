import { firstField } from '../../mime/header-fields.ts';
import type { Part } from '../../mime/part.ts';
import { parseStructuredField, type StructuredField } from '../../mime/structured-field.ts';
import { encodeEnvelope } from './envelope.ts';
import { encodeNString, encodeString } from './strings.ts';

/** BODYSTRUCTURE (`extended`) or BODY of a message in wire format (RFC 3501 §7.4.2), latin1 characters. */
export function encodeBodyStructure(part: Part, extended: boolean): string {
  return part.kind === 'multipart' ? multipart(part, extended) : single(part, extended);
}

function multipart(part: Part, extended: boolean): string {
  const subtype = part.contentType.value.slice('multipart/'.length);
  const children = part.children.map((child) => encodeBodyStructure(child, extended)).join('');
  const extension = extended ? ` ${params(part.contentType.params)} ${tail(part)}` : '';
  return `(${children} ${encodeString(subtype)}${extension})`;
}

function single(part: Part, extended: boolean): string {
  const [type, subtype] = typeOf(part);
  const text = (name: string) => encodeNString(firstField(part.fields, name));
  const size = part.bodyEnd - part.bodyStart;
  let out = `(${encodeString(type)} ${encodeString(subtype)} ${params(paramsOf(part, type))} ${text('content-id')} ${text('content-description')} ${encodeString(part.encoding)} ${size}`;
  const embedded = part.kind === 'message' ? part.children[0] : undefined;
  if (embedded) out += ` ${encodeEnvelope(embedded.fields)} ${encodeBodyStructure(embedded, extended)} ${part.lines}`;
  else if (type === 'text') out += ` ${part.lines}`;
  return extended ? `${out} ${text('content-md5')} ${tail(part)})` : `${out})`;
}

function typeOf(part: Part): [string, string] {
  const [type = 'text', subtype = 'plain'] = part.contentType.value.split('/');
  // message/rfc822 must have an envelope; one that could not be parsed is shown as application/octet-stream.
  if (type === 'message' && part.kind === 'leaf' && (subtype === 'rfc822' || subtype === 'global'))
    return ['application', 'octet-stream'];
  return [type, subtype];
}

function paramsOf(part: Part, type: string): StructuredField['params'] {
  const given = part.contentType.params;
  // RFC 2046 §4.1.2: text without a charset is US-ASCII.
  return type === 'text' && !given.some(([name]) => name === 'charset' || name === 'charset*')
    ? [...given, ['charset', 'us-ascii']]
    : given;
}

function params(list: StructuredField['params']): string {
  if (list.length === 0) return 'NIL';
  return `(${list.map(([name, value]) => `${encodeString(name)} ${encodeString(value)}`).join(' ')})`;
}

/** Disposition, language and location, the last fields of both forms. */
function tail(part: Part): string {
  const dispositionText = firstField(part.fields, 'content-disposition');
  const disposition = dispositionText ? parseStructuredField(dispositionText) : undefined;
  const languages = (firstField(part.fields, 'content-language') ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
  const dispositionOut = disposition?.value
    ? `(${encodeString(disposition.value)} ${params(disposition.params)})`
    : 'NIL';
  const languageOut =
    languages.length === 0
      ? 'NIL'
      : languages.length === 1
        ? encodeString(languages[0] ?? '')
        : `(${languages.map(encodeString).join(' ')})`;
  return `${dispositionOut} ${languageOut} ${encodeNString(firstField(part.fields, 'content-location'))}`;
}
