import type { Property } from '../../mapi/property.ts';
import { PT, propertyType } from '../../mapi/property-tags.ts';
import { LISTS, OPERATIONS, type OperationName, type Responses, STRUCTS } from './interface.ts';
import { wireValueOf } from './prop-val.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';
import { valueElement } from './value-elements.ts';

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xop="http://www.w3.org/2004/08/xop/include" xmlns:xmlmime="http://www.w3.org/2004/11/xmlmime" xmlns:ns="urn:zarafa">';
const BODY = '<SOAP-ENV:Body SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">';
const TAIL = '</SOAP-ENV:Body></SOAP-ENV:Envelope>\n';

/** An encoded envelope and its MTOM attachments, in the order of their `cid`s. */
export interface EncodedEnvelope {
  envelope: string;
  attachments: { id: string; source: BinarySource }[];
}

type Values = Readonly<Record<string, unknown>>;

/** Encodes the response to an operation; omitted values are zero, empty or absent, as the interface defines. */
export function encodeResponse<Name extends OperationName>(name: Name, values: Responses[Name]): EncodedEnvelope {
  const { responseName, response } = OPERATIONS[name];
  return encodeBody(responseName, response, values);
}

/** Encodes a request, as a client does. */
export function encodeRequest(name: OperationName, values: Values): EncodedEnvelope {
  return encodeBody(name, OPERATIONS[name].request, values);
}

function encodeBody(element: string, fields: readonly FieldDescriptor[], values: Values): EncodedEnvelope {
  const out: Output = { text: `${HEAD}${BODY}<ns:${element}>`, attachments: [] };
  writeFields(out, fields, values);
  out.text += `</ns:${element}>${TAIL}`;
  return { envelope: out.text, attachments: out.attachments };
}

/** Encodes a fault (SOAP 1.1 §4.4), the response to an envelope that cannot be decoded. */
export const encodeFault = (code: 'Client' | 'Server' | 'VersionMismatch', text: string): string =>
  `${HEAD}<SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:${code}</faultcode><faultstring>${escapeText(text)}</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n`;

interface Output {
  text: string;
  attachments: EncodedEnvelope['attachments'];
}

function writeFields(out: Output, fields: readonly FieldDescriptor[], values: Values): void {
  for (const [name, type, how] of fields) {
    const value = values[name];
    if (how === 'many') for (const item of (value as unknown[] | undefined) ?? []) write(out, name, type, item);
    else if (value !== undefined || how !== 'optional') write(out, name, type, value);
  }
}

function write(out: Output, name: string, type: string, value: unknown): void {
  switch (type) {
    case 'unsignedInt':
      out.text += `<${name}>${((value as number | undefined) ?? 0) >>> 0}</${name}>`;
      return;
    case 'int':
    case 'short':
    case 'long':
      out.text += `<${name}>${(value as number | bigint | undefined) ?? 0}</${name}>`;
      return;
    case 'unsignedLong':
      out.text += `<${name}>${BigInt.asUintN(64, (value as bigint | undefined) ?? 0n)}</${name}>`;
      return;
    case 'float':
    case 'double':
      out.text += `<${name}>${encodeFloat((value as number | undefined) ?? 0)}</${name}>`;
      return;
    case 'boolean':
      out.text += `<${name}>${value === true}</${name}>`;
      return;
    case 'string':
    case 'dateTime':
      out.text += value ? `<${name}>${escapeText(value as string)}</${name}>` : `<${name}/>`;
      return;
    case 'base64Binary':
      out.text += `<${name}>${(value as Buffer | undefined)?.toString('base64') ?? ''}</${name}>`;
      return;
    case 'binary':
      return writeBinary(out, name, value as BinarySource | undefined);
    case 'propVal':
      return writeProperty(out, name, value as Property | undefined);
    case 'hiloLong':
      return writeHilo(out, name, value as bigint);
    default:
      return LISTS[type]
        ? writeList(out, name, type, value as unknown[] | undefined)
        : writeStruct(out, name, type, value);
  }
}

function writeStruct(out: Output, name: string, type: string, value: unknown): void {
  out.text += `<${name}>`;
  writeFields(out, STRUCTS[type] ?? [], (value as Values | undefined) ?? {});
  out.text += `</${name}>`;
}

function writeList(out: Output, name: string, type: string, value: unknown[] | undefined): void {
  const { item = '', soapType } = LISTS[type] ?? {};
  out.text += value && soapType ? `<${name} SOAP-ENC:arrayType="${arrayType(soapType, value.length)}">` : `<${name}>`;
  for (const element of value ?? []) write(out, 'item', item, element);
  out.text += `</${name}>`;
}

const arrayType = (soapType: string, length: number): string => `${soapType}[${length}]`;

function writeBinary(out: Output, name: string, source: BinarySource | undefined): void {
  if (!source) {
    out.text += `<${name}/>`;
    return;
  }
  const id = `emcas-${out.attachments.length}`;
  out.attachments.push({ id, source });
  out.text += `<${name}><xop:Include href="${id}"/></${name}>`;
}

function writeHilo(out: Output, name: string, value: bigint): void {
  const bits = BigInt.asIntN(64, value);
  out.text += `<${name}><hi>${bits >> 32n}</hi><lo>${bits & 0xffffffffn}</lo></${name}>`;
}

/** The value of a property is in the element of its type. */
function writeProperty(out: Output, name: string, property: Property | undefined): void {
  const { tag } = property ?? { tag: 0 };
  out.text += `<${name}><ulPropTag>${tag >>> 0}</ulPropTag>`;
  const valueType = propertyType(tag);
  const [element, type] = valueElement(valueType) ?? ['ul', 'unsignedInt'];
  if (property || valueType !== PT.UNSPECIFIED)
    write(out, element, type, property ? wireValueOf(valueType, property.value) : 0);
  out.text += `</${name}>`;
}

function encodeFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'INF' : '-INF';
  return String(value);
}

// Characters that XML 1.0 §2.2 does not allow, and characters that must be escaped.
const SPECIAL = /[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const EACH_SPECIAL = /[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/** Characters that XML does not allow are dropped: a client's parser would refuse the whole response. */
function escapeText(text: string): string {
  const wellFormed = text.toWellFormed();
  return SPECIAL.test(wellFormed) ? wellFormed.replace(EACH_SPECIAL, (c) => ESCAPES[c] ?? '') : wellFormed;
}
