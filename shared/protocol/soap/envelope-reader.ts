import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { DEFAULT_LIMITS, type DecodeLimits } from './decode-limits.ts';
import { type Frame, finish, frame, localName, propertyElementType, skip } from './frame.ts';
import { OPERATIONS, type OperationName } from './interface.ts';
import { SoapFault } from './soap-fault.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';

/** The maximum number of attributes of an element; an envelope with all its namespaces has ten. */
const MAX_ATTRIBUTES = 32;

/** The length in bytes from which text without a tag bypasses the parser. */
const LONG = 4096;

const LESS = 0x3c;
const GREATER = 0x3e;
const BASE64 = /^[A-Za-z0-9+/=\t\r\n ]*$/;
const NO_BYTES = Buffer.alloc(0);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The memory in bytes that an element takes beside its text. */
const ELEMENT_COST = 160;

/** The first of these elements in an operation names its session. */
const SESSION_ELEMENTS: ReadonlySet<string> = new Set(['ulSessionId', 'ecSessionId', 'session-id']);

const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

/**
 * Gives the limits for the rest of a request once its operation and session are known, or throws to refuse it. Until then the limits of
 * the reader's constructor hold.
 */
export type Admit = (operation: OperationName, session: bigint) => DecodeLimits;

/**
 * Reads an envelope while its bytes arrive. DTDs and entities other than XML's own five are refused; size, depth and number of elements are
 * limited. Unknown elements are skipped, so that clients and servers of different versions understand each other.
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
  /** The base64 value whose start tag was parsed last. */
  private opened: Frame | undefined;
  /** The base64 value whose text is being read without the parser. */
  private long: Frame | undefined;
  /** The beginning of a tag whose end has not arrived yet. */
  private held: Buffer = NO_BYTES;

  /** `attachments` opens the attachment that an `xop:Include` refers to; `admit` is called as soon as the session is known. */
  constructor(
    limits: DecodeLimits = DEFAULT_LIMITS,
    attachments: (id: string) => BinarySource = () => {
      throw new SoapFault('Client', 'the attachment does not exist');
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

  /** Throws a {@link SoapFault} for bytes that are not part of an envelope. */
  write(chunk: Uint8Array): void {
    // Bytes beyond the limit are never parsed; `admit` may raise the limit in between.
    for (let rest = chunk; rest.length > 0; ) {
      const room = this.limits.size - this.bytes;
      if (room <= 0) throw new SoapFault('Client', 'the envelope is too large');
      const part = rest.subarray(0, room);
      this.bytes += part.length;
      this.take(part);
      rest = rest.subarray(part.length);
    }
  }

  /** Passes bytes to the parser, except those of long base64 values: they contain no markup, and parsing them takes most of the time. */
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

  /** Reads the text of a base64 value from an offset on; returns the offset at which the parser continues. */
  private takeLong(bytes: Buffer, at: number): number {
    const next = bytes.indexOf(LESS, at);
    const end = next < 0 ? bytes.length : next;
    const text = bytes.toString('latin1', at, end);
    const value = this.long;
    const pure = BASE64.test(text);
    // Anything else is left to the parser: an entity, a comment, or an error.
    if (next >= 0 || !pure) this.long = undefined;
    if (!value || !pure) return at;
    this.lengthen(value, text);
    return end;
  }

  private parse(bytes: Uint8Array): void {
    if (bytes.length > 0) this.parser.write(this.decodeText(bytes, true));
  }

  /** The memory in bytes that the request takes so far. */
  get cost(): number {
    return this.bytes + this.elements * ELEMENT_COST;
  }

  /** Ends the envelope; returns the operation and its values. */
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

  /** A second session id is refused, so that the admitted session is the one that the operation uses. */
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
