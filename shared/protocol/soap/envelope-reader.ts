import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { DEFAULT_LIMITS, type DecodeLimits } from './decode-limits.ts';
import { type Frame, finish, frame, localName, propertyElementType, skip } from './frame.ts';
import { OPERATIONS, type OperationName } from './interface.ts';
import { SoapFault } from './soap-fault.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';

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

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

/**
 * Says what a request may have beyond its session, from the operation and the session that it names. What it throws ends the reading.
 * Until then the reader has the limits that it was made with.
 */
export type Admit = (operation: OperationName, session: bigint) => DecodeLimits;

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

function checkEnvelope(name: string, tag: SaxesTagPlain): void {
  if (name !== 'Envelope') throw new SoapFault('Client', 'not a SOAP envelope');
  const prefix = tag.name.includes(':') ? `xmlns:${tag.name.slice(0, tag.name.indexOf(':'))}` : 'xmlns';
  if (tag.attributes[prefix] !== ENVELOPE) throw new SoapFault('VersionMismatch', 'the envelope is not of SOAP 1.1');
}
