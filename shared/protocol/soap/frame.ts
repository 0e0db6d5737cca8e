import type { SaxesTagPlain } from 'saxes';
import type { Property } from '../../mapi/property.ts';
import { type PropertyTag, propertyType } from '../../mapi/property-tags.ts';
import { LISTS, STRUCTS } from './interface.ts';
import { type PropVal, propertyOf } from './prop-val.ts';
import { base64, scalar, zero } from './scalar.ts';
import { SoapFault } from './soap-fault.ts';
import type { BinarySource, FieldDescriptor } from './types.ts';
import { valueElement } from './value-elements.ts';

/** An open element: a structure, a list, a property, a scalar, or an element that is skipped. */
export interface Frame {
  kind: 'struct' | 'list' | 'property' | 'scalar' | 'skip';
  type: string;
  fields: readonly FieldDescriptor[];
  /** The type of a list's items. */
  item: string;
  values: Record<string, unknown>;
  items: unknown[];
  text: string;
  /** Whether the text is known to be base64. */
  pure: boolean;
  nil: boolean;
  /** Whether the array counts as absent if it is empty: it has no arrayType attribute. */
  maybeAbsent: boolean;
  put: (value: unknown) => void;
}

/** An element name without its namespace prefix. */
export const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

const hasAttribute = (tag: SaxesTagPlain, wanted: string, ...values: string[]): boolean =>
  Object.entries(tag.attributes).some(
    ([name, value]) =>
      name.includes(':') && localName(name) === wanted && (values.length === 0 || values.includes(value)),
  );

/** The frame of an element that is skipped. */
export const skip = (): Frame => ({
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

/** The frame of an element of a type; `put` receives the value when the element ends. */
export function frame(type: string, put: (value: unknown) => void, tag: SaxesTagPlain): Frame {
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

/** The type of an element within a `propVal`; undefined for an unknown element. */
export function propertyElementType({ values }: Frame, element: string): string | undefined {
  const tag = values.tag;
  if (typeof tag !== 'number') throw new SoapFault('Client', 'a property has its value before its tag');
  const expected = valueElement(propertyType(tag));
  // A value whose type differs from the tag's is refused: other code relies on the tag.
  if (expected && expected[0] !== element)
    throw new SoapFault('Client', `a property of type ${propertyType(tag)} cannot have <${element.slice(0, 20)}>`);
  return expected?.[1];
}

/** The value of an element that has ended. */
export function finish(done: Frame): unknown {
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

/** An omitted pointer is the empty value of its type: clients mean it so. */
function finishProperty({ tag, value }: Record<string, unknown>): Property {
  if (typeof tag !== 'number') throw new SoapFault('Client', 'a property has no tag');
  return propertyOf({ tag, value: (value as PropVal['value'] | undefined) ?? emptyValue(tag) });
}

function emptyValue(tag: PropertyTag): PropVal['value'] {
  const type = valueElement(propertyType(tag))?.[1] ?? 'unsignedInt';
  if (LISTS[type]) return [];
  if (STRUCTS[type]) return type === 'hiloLong' ? 0n : { ulType: 0 };
  return zero(type) ?? 0;
}

function hilo({ hi = 0, lo = 0 }: Record<string, unknown>): bigint {
  return (BigInt(hi as number) << 32n) | BigInt((lo as number) >>> 0);
}

async function* binary(done: Frame): AsyncIterable<Buffer> {
  const source = done.values.source as BinarySource | undefined;
  if (source) yield* source;
  else yield done.pure ? Buffer.from(done.text, 'base64') : base64(done.text);
}

/** Sets omitted scalars to zero, so that readers of a request need not check for them. */
export function fillScalars(values: Record<string, unknown>, fields: readonly FieldDescriptor[]): void {
  for (const [name, type, how] of fields) {
    if (how !== undefined || values[name] !== undefined) continue;
    const value = zero(type);
    if (value !== undefined && !(value instanceof Buffer) && type !== 'string') values[name] = value;
  }
}
