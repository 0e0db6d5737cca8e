import type { PlainValue } from '../../mapi/plain-value.ts';
import { SoapFault } from './soap-fault.ts';

/** The value of an omitted element of a type; undefined for a type without such a value. */
export function zero(type: string): PlainValue | undefined {
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
  // Signed or unsigned: it depends on the client's compiler.
  int: [-0x80000000n, 0xffffffffn],
  unsignedInt: [-0x80000000n, 0xffffffffn],
  long: [-(1n << 63n), (1n << 64n) - 1n],
  unsignedLong: [-(1n << 63n), (1n << 64n) - 1n],
};

/** A value of an XML Schema type. Throws a {@link SoapFault} for text that the type does not have. */
export function scalar(type: string, text: string): unknown {
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

export function base64(text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) throw new SoapFault('Client', 'not base64');
  return Buffer.from(text, 'base64');
}
