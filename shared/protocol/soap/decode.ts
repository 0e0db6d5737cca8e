import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { propertyType } from '../../mapi/property-tags.ts';
import { LISTS, OPERATIONS, type OperationName, type Requests, STRUCTS } from './interface.ts';
import type { BinarySource, FieldDescriptor, Property, WireValue } from './types.ts';
import { valueElement } from './value-elements.ts';

/** The message is no envelope that can be understood: answered with a fault (SOAP 1.1 §4.4). */
export class SoapFault extends Error {
  readonly code: 'Client' | 'VersionMismatch';

  constructor(code: 'Client' | 'VersionMismatch', message: string) {
    super(message);
    this.name = 'SoapFault';
    this.code = code;
  }
}

export interface DecodeLimits {
  /** Bytes of an envelope. */
  size: number;
  /** Elements within each other. */
  depth: number;
  /** Elements in all. */
  elements: number;
  /** Characters of one value. */
  text: number;
}

/** What an answer may have, and a request that is not from the network. */
export const DEFAULT_LIMITS: DecodeLimits = {
  size: 256 * 1024 * 1024,
  depth: 128,
  elements: 2_000_000,
  text: 256 * 1024 * 1024,
};

/** Attributes of one element; an envelope with all its namespaces has ten. */
const MAX_ATTRIBUTES = 32;

/** Bytes without a tag from which on they are looked at without the parser. */
const LONG = 4096;

const LESS = 0x3c;
const GREATER = 0x3e;
const BASE64 = /^[A-Za-z0-9+/=\t\r\n ]*$/;
const NO_BYTES = Buffer.alloc(0);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** What an element takes in memory beside its own bytes. */
const ELEMENT_COST = 160;

/** The first of these elements in an operation names its session. */
const SESSION_ELEMENTS: ReadonlySet<string> = new Set(['ulSessionId', 'ecSessionId', 'session-id']);

export type DecodedRequest = { [Name in OperationName]: { name: Name; values: Requests[Name] } }[OperationName];

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

/**
 * Says what a request may have beyond its session, from the operation and the session that it names. What it throws ends the reading.
 * Until then the reader has the limits that it was made with.
 */
export type Admit = (operation: OperationName, session: bigint) => DecodeLimits;

/** What is being read: a structure, a list, a property, a scalar, or something that is passed over. */
interface Frame {
  kind: 'struct' | 'list' | 'property' | 'scalar' | 'skip';
  type: string;
  fields: readonly FieldDescriptor[];
  /** Of a list: what repeats. */
  item: string;
  values: Record<string, unknown>;
  items: unknown[];
  text: string;
  /** The text is known to be base64. */
  pure: boolean;
  nil: boolean;
  /** An array that does not say its length is no array when nothing is in it. */
  maybeAbsent: boolean;
  put: (value: unknown) => void;
}

/**
 * Reads an envelope as its bytes come. There is no DTD and there are no entities but XML's own five; size, depth and number of elements
 * are bounded. Elements that the interface does not have are passed over, as it lets clients and servers grow apart.
 */
export class EnvelopeReader {
  private readonly parser = new SaxesParser<{ position: false; xmlns: false }>({ position: false, xmlns: false });
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true });
  private readonly stack: Frame[] = [];
  private limits: DecodeLimits;
  private readonly admit: Admit | undefined;
  private session: bigint | undefined;
  private attributes = 0;
  private readonly fieldsOf: (element: string) => readonly FieldDescriptor[] | undefined;
  private readonly attachments: (id: string) => BinarySource;
  private bytes = 0;
  private elements = 0;
  private depth = 0;
  private operationName: string | undefined;
  private root: Record<string, unknown> | undefined;
  /** The value in base64 whose tag was the last thing that was parsed. */
  private opened: Frame | undefined;
  /** The value in base64 whose bytes come now. */
  private long: Frame | undefined;
  /** The beginning of a tag whose end has not come yet. */
  private held: Buffer = NO_BYTES;

  /** `attachments` opens what an `xop:Include` points to; `admit` is asked as soon as the session of the request is known. */
  constructor(
    limits: DecodeLimits = DEFAULT_LIMITS,
    attachments: (id: string) => BinarySource = () => {
      throw new SoapFault('Client', 'there is no such attachment');
    },
    fieldsOf: (element: string) => readonly FieldDescriptor[] | undefined = requestFields,
    admit?: Admit,
  ) {
    this.limits = limits;
    this.admit = admit;
    this.attachments = attachments;
    this.fieldsOf = fieldsOf;
    this.parser.on('error', (error) => {
      throw new SoapFault('Client', `not well-formed: ${error.message}`);
    });
    this.parser.on('doctype', () => {
      throw new SoapFault('Client', 'a document type is not allowed');
    });
    this.parser.on('processinginstruction', () => {
      throw new SoapFault('Client', 'a processing instruction is not allowed');
    });
    this.parser.on('opentagstart', () => {
      this.attributes = 0;
    });
    this.parser.on('attribute', () => {
      if (++this.attributes > MAX_ATTRIBUTES) throw new SoapFault('Client', 'an element has too many attributes');
    });
    this.parser.on('opentag', (tag) => this.open(tag));
    this.parser.on('closetag', () => this.close());
    const text = (text: string) => this.append(text);
    this.parser.on('text', text);
    this.parser.on('cdata', text);
  }

  /** Throws a {@link SoapFault} for bytes that no envelope has. */
  write(chunk: Uint8Array): void {
    // What the limits do not allow is never parsed; they may grow with what comes before it.
    for (let rest = chunk; rest.length > 0; ) {
      const room = this.limits.size - this.bytes;
      if (room <= 0) throw new SoapFault('Client', 'the envelope is too large');
      const part = rest.subarray(0, room);
      this.bytes += part.length;
      this.take(part);
      rest = rest.subarray(part.length);
    }
  }

  /** Hands bytes to the parser, but for those of long values in base64: they have no markup, and looking at each for some costs most of the time. */
  private take(part: Uint8Array): void {
    const bytes = this.held.length > 0 ? Buffer.concat([this.held, part]) : asBuffer(part);
    this.held = NO_BYTES;
    let at = this.long ? this.takeLong(bytes, 0) : 0;
    for (let tag = bytes.indexOf(LESS, at); tag >= 0; ) {
      const next = bytes.indexOf(LESS, tag + 1);
      const end = next < 0 ? bytes.length : next;
      if (next < 0 || end - tag >= LONG) {
        const closed = bytes.indexOf(GREATER, tag) + 1;
        this.parse(bytes.subarray(at, tag));
        at = tag;
        if (closed === 0 && bytes.length - tag <= LONG) {
          this.held = Buffer.from(bytes.subarray(tag));
          return;
        }
        if (closed > 0 && closed <= end) {
          this.opened = undefined;
          this.parse(bytes.subarray(tag, closed));
          this.long = this.opened;
          at = this.long ? this.takeLong(bytes, closed) : closed;
        }
      }
      tag = next;
    }
    this.parse(bytes.subarray(at));
  }

  /** Takes what a value in base64 has from there on; gives where the parser goes on. */
  private takeLong(bytes: Buffer, at: number): number {
    const next = bytes.indexOf(LESS, at);
    const end = next < 0 ? bytes.length : next;
    const text = bytes.toString('latin1', at, end);
    const value = this.long;
    const pure = BASE64.test(text);
    // The parser knows what else there may be: an entity, a comment, what no value has.
    if (next >= 0 || !pure) this.long = undefined;
    if (!value || !pure) return at;
    this.lengthen(value, text);
    return end;
  }

  private parse(bytes: Uint8Array): void {
    if (bytes.length > 0) this.parser.write(this.decodeText(bytes, true));
  }

  /** What the request takes in memory so far, in bytes. */
  get cost(): number {
    return this.bytes + this.elements * ELEMENT_COST;
  }

  /** The operation and what it carries. */
  end(): { name: string; values: Record<string, unknown> } {
    this.parse(this.held);
    this.parser.write(this.decodeText(undefined, false)).close();
    if (this.operationName === undefined || !this.root) throw new SoapFault('Client', 'the body has no operation');
    return { name: this.operationName, values: this.root };
  }

  private decodeText(chunk: Uint8Array | undefined, stream: boolean): string {
    try {
      return this.utf8.decode(chunk, { stream });
    } catch {
      throw new SoapFault('Client', 'the envelope is not UTF-8');
    }
  }

  private open(tag: SaxesTagPlain): void {
    this.depth++;
    if (++this.elements > this.limits.elements) throw new SoapFault('Client', 'the envelope has too many elements');
    if (this.depth > this.limits.depth) throw new SoapFault('Client', 'the envelope is nested too deeply');
    const name = localName(tag.name);
    if (this.depth === 1) return checkEnvelope(name, tag);
    if (this.depth === 2) {
      if (name !== 'Body' && name !== 'Header') throw new SoapFault('Client', `unexpected element ${name}`);
      if (name === 'Header') this.stack.push(skip());
      return;
    }
    const parent = this.stack.at(-1);
    const opened = parent ? this.child(parent, name, tag) : this.operation(name);
    this.stack.push(opened);
    if (opened.kind === 'scalar' && (opened.type === 'base64Binary' || opened.type === 'binary')) this.opened = opened;
  }

  private operation(name: string): Frame {
    if (this.operationName !== undefined) throw new SoapFault('Client', 'the body has more than one operation');
    const fields = this.fieldsOf(name);
    if (!fields)
      throw new SoapFault(
        'Client',
        `Method '${name.slice(0, 100)}' not implemented: method name or namespace not recognized`,
      );
    this.operationName = name;
    return {
      ...skip(),
      kind: 'struct',
      fields,
      put: (value) => {
        this.root = value as Record<string, unknown>;
      },
    };
  }

  private child(parent: Frame, name: string, tag: SaxesTagPlain): Frame {
    if (parent.kind === 'list')
      return name === 'item' ? frame(parent.item, (value) => parent.items.push(value), tag) : skip();
    if (parent.kind === 'property') {
      const type = name === 'ulPropTag' ? 'unsignedInt' : propertyElementType(parent, name);
      return type
        ? frame(
            type,
            (value) => {
              parent.values[name === 'ulPropTag' ? 'tag' : 'value'] = value;
            },
            tag,
          )
        : skip();
    }
    if (parent.kind === 'scalar' && parent.type === 'binary' && name === 'Include') {
      const id = decodeURIComponent((tag.attributes.href ?? '').replace(/^cid:/, ''));
      parent.values.source = this.attachments(id);
      return skip();
    }
    if (parent.kind !== 'struct') return skip();
    const field = parent.fields.find(([fieldName]) => fieldName === name);
    if (!field) return skip();
    const [, type, how] = field;
    if (this.admit && this.stack.length === 1 && SESSION_ELEMENTS.has(name))
      return frame(type, (value) => this.admitted(parent, name, value as bigint | undefined), tag);
    if (how !== 'many')
      return frame(
        type,
        (value) => {
          parent.values[name] = value;
        },
        tag,
      );
    return frame(
      type,
      (value) => {
        const list = (parent.values[name] as unknown[] | undefined) ?? [];
        list.push(value);
        parent.values[name] = list;
      },
      tag,
    );
  }

  /** The session that was admitted is the one that the request has: a second one is refused. */
  private admitted(operation: Frame, element: string, value: bigint | undefined): void {
    if (this.session !== undefined) throw new SoapFault('Client', 'the request names more than one session');
    this.session = value ?? 0n;
    operation.values[element] = this.session;
    if (this.admit) this.limits = this.admit(this.operationName as OperationName, this.session);
  }

  private append(text: string): void {
    const top = this.stack.at(-1);
    if (top?.kind !== 'scalar') return;
    top.pure = false;
    this.lengthen(top, text);
  }

  private lengthen(value: Frame, text: string): void {
    value.text += text;
    if (value.text.length > this.limits.text) throw new SoapFault('Client', 'a value is too long');
  }

  private close(): void {
    this.opened = undefined;
    this.depth--;
    const done = this.stack.pop();
    if (!done || done.kind === 'skip') return;
    const absent = done.nil || (done.maybeAbsent && done.items.length === 0);
    done.put(absent ? undefined : finish(done));
  }
}

const requestFields = (element: string): readonly FieldDescriptor[] | undefined =>
  Object.hasOwn(OPERATIONS, element) ? OPERATIONS[element as OperationName].request : undefined;

/** Decodes the response to an operation, as a client does. Throws a {@link SoapFault} for a fault too. */
export function decodeResponse(
  name: OperationName,
  envelope: Uint8Array,
  attachments?: (id: string) => BinarySource,
): Record<string, unknown> {
  const { responseName, response } = OPERATIONS[name];
  const reader = new EnvelopeReader(DEFAULT_LIMITS, attachments, (element) =>
    element === responseName ? response : undefined,
  );
  reader.write(envelope);
  return reader.end().values;
}

/** Decodes a whole request. */
export function decodeRequest(envelope: Uint8Array, limits = DEFAULT_LIMITS): DecodedRequest {
  const reader = new EnvelopeReader(limits);
  reader.write(envelope);
  return requestOf(reader);
}

/** The request that a reader has read: scalars that were left out are zero. */
export function requestOf(reader: EnvelopeReader): DecodedRequest {
  const { name, values } = reader.end();
  fillScalars(values, OPERATIONS[name as OperationName].request);
  return { name, values } as DecodedRequest;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function checkEnvelope(name: string, tag: SaxesTagPlain): void {
  if (name !== 'Envelope') throw new SoapFault('Client', 'not a SOAP envelope');
  const prefix = tag.name.includes(':') ? `xmlns:${tag.name.slice(0, tag.name.indexOf(':'))}` : 'xmlns';
  if (tag.attributes[prefix] !== ENVELOPE) throw new SoapFault('VersionMismatch', 'the envelope is not of SOAP 1.1');
}

const hasAttribute = (tag: SaxesTagPlain, wanted: string, ...values: string[]): boolean =>
  Object.entries(tag.attributes).some(
    ([name, value]) =>
      name.includes(':') && localName(name) === wanted && (values.length === 0 || values.includes(value)),
  );

const skip = (): Frame => ({
  kind: 'skip',
  type: '',
  fields: [],
  item: '',
  values: {},
  items: [],
  text: '',
  pure: true,
  nil: false,
  maybeAbsent: false,
  put: () => {},
});

function frame(type: string, put: (value: unknown) => void, tag: SaxesTagPlain): Frame {
  const base = { ...skip(), type, put, nil: hasAttribute(tag, 'nil', 'true', '1') };
  if (type === 'propVal') return { ...base, kind: 'property' };
  const list = LISTS[type];
  if (list) {
    const maybeAbsent = list.soapType !== undefined && !hasAttribute(tag, 'arrayType');
    return { ...base, kind: 'list', item: list.item, maybeAbsent };
  }
  const fields = STRUCTS[type];
  return fields ? { ...base, kind: 'struct', fields } : { ...base, kind: 'scalar' };
}

function propertyElementType({ values }: Frame, element: string): string | undefined {
  const tag = values.tag;
  if (typeof tag !== 'number') throw new SoapFault('Client', 'a property has its value before its tag');
  const expected = valueElement(propertyType(tag));
  // A value of another type than the tag says is refused, where a program would take it for what it is not.
  if (expected && expected[0] !== element)
    throw new SoapFault('Client', `a property of type ${propertyType(tag)} cannot have <${element.slice(0, 20)}>`);
  return expected?.[1];
}

function finish(done: Frame): unknown {
  switch (done.kind) {
    case 'list':
      return done.items;
    case 'property':
      return finishProperty(done.values);
    case 'struct':
      if (done.type === 'hiloLong') return hilo(done.values);
      if (done.type !== '') fillScalars(done.values, done.fields);
      return done.values;
    default:
      if (done.type === 'base64Binary' && done.pure) return Buffer.from(done.text, 'base64');
      return done.type === 'binary' ? binary(done) : scalar(done.type, done.text);
  }
}

/** A pointer that was left out is the empty value of its type, as a client means it. */
function finishProperty({ tag, value }: Record<string, unknown>): Property {
  if (typeof tag !== 'number') throw new SoapFault('Client', 'a property has no tag');
  if (value !== undefined) return { tag, value: value as WireValue };
  const type = valueElement(propertyType(tag))?.[1] ?? 'unsignedInt';
  if (LISTS[type]) return { tag, value: [] };
  if (STRUCTS[type]) return { tag, value: type === 'hiloLong' ? 0n : { ulType: 0 } };
  return { tag, value: zero(type) as WireValue };
}

function hilo({ hi = 0, lo = 0 }: Record<string, unknown>): bigint {
  return (BigInt(hi as number) << 32n) | BigInt((lo as number) >>> 0);
}

async function* binary(done: Frame): AsyncIterable<Buffer> {
  const source = done.values.source as BinarySource | undefined;
  if (source) yield* source;
  else yield done.pure ? Buffer.from(done.text, 'base64') : base64(done.text);
}

/** Scalars are never absent to those who read a request. */
function fillScalars(values: Record<string, unknown>, fields: readonly FieldDescriptor[]): void {
  for (const [name, type, how] of fields) {
    if (how !== undefined || values[name] !== undefined) continue;
    const value = zero(type);
    if (value !== undefined && !(value instanceof Buffer) && type !== 'string') values[name] = value;
  }
}

function zero(type: string): WireValue | undefined {
  switch (type) {
    case 'string':
    case 'dateTime':
      return '';
    case 'long':
    case 'unsignedLong':
      return 0n;
    case 'boolean':
      return false;
    case 'base64Binary':
      return Buffer.alloc(0);
    case 'int':
    case 'unsignedInt':
    case 'short':
    case 'float':
    case 'double':
      return 0;
    default:
      return undefined;
  }
}

const RANGES: Record<string, readonly [bigint, bigint]> = {
  short: [-0x8000n, 0x7fffn],
  // Signed or not: clients send what their compiler made of it.
  int: [-0x80000000n, 0xffffffffn],
  unsignedInt: [-0x80000000n, 0xffffffffn],
  long: [-(1n << 63n), (1n << 64n) - 1n],
  unsignedLong: [-(1n << 63n), (1n << 64n) - 1n],
};

function scalar(type: string, text: string): unknown {
  switch (type) {
    case 'string':
    case 'dateTime':
      return text;
    case 'base64Binary':
      return base64(text);
    case 'boolean':
      return boolean(text.trim());
    case 'float':
    case 'double':
      return float(text.trim());
    default:
      return integer(type, text.trim());
  }
}

function integer(type: string, text: string): number | bigint {
  const range = RANGES[type];
  if (!range) throw new SoapFault('Client', `a value of the unknown type ${type}`);
  if (!/^[+-]?\d{1,20}$/.test(text)) throw new SoapFault('Client', `not a whole number: ${text.slice(0, 30)}`);
  if (text.length < 16 && type !== 'long' && type !== 'unsignedLong') {
    const number = Number(text);
    if (number < Number(range[0]) || number > Number(range[1])) throw new SoapFault('Client', `out of range: ${text}`);
    return wrap(type, number);
  }
  const value = BigInt(text);
  if (value < range[0] || value > range[1]) throw new SoapFault('Client', `out of range: ${text}`);
  if (type === 'long') return BigInt.asIntN(64, value);
  if (type === 'unsignedLong') return BigInt.asUintN(64, value);
  return wrap(type, Number(value));
}

const wrap = (type: string, value: number): number =>
  type === 'unsignedInt' ? value >>> 0 : type === 'int' ? value | 0 : value;

function boolean(text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new SoapFault('Client', `not a boolean: ${text.slice(0, 30)}`);
}

function float(text: string): number {
  if (text === 'INF') return Number.POSITIVE_INFINITY;
  if (text === '-INF') return Number.NEGATIVE_INFINITY;
  if (text === 'NaN') return Number.NaN;
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new SoapFault('Client', `not a number: ${text.slice(0, 30)}`);
  return Number(text);
}

function base64(text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw new SoapFault('Client', 'not base64');
  return Buffer.from(text, 'base64');
}
