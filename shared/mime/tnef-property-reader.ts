import type { PropertyValue } from '../mapi/property.ts';
import { PT } from '../mapi/property-tags.ts';
import { decodeBytes } from './encoded-words.ts';
import { type NamedValue, TnefError } from './tnef.ts';

/** Properties of one object, rows of a table, attachments: no message has more. */
export const MAX_COUNT = 10_000;

/** Reads encoded properties (MS-OXTNEF §2.1.3.4). */
export class TnefPropertyReader {
  private at = 0;
  private readonly bytes: Buffer;
  private readonly codePage: string | undefined;

  constructor(bytes: Buffer, codePage: string | undefined) {
    this.bytes = bytes;
    this.codePage = codePage;
  }

  count(): number {
    const count = this.uint32();
    // Each has four bytes at least.
    if (count > MAX_COUNT || count > (this.bytes.length - this.at) / 4) throw new TnefError('a count is too high');
    return count;
  }

  tag(): { type: number; id: number; name: Omit<NamedValue, 'type' | 'value'> | undefined } {
    const type = this.take(2).readUInt16LE(0);
    const id = this.take(2).readUInt16LE(0);
    if (id < 0x8000) return { type, id, name: undefined };
    const guid = Buffer.from(this.take(16));
    if (this.uint32() === 0) return { type, id, name: { guid, name: this.uint32() } };
    const length = this.uint32();
    const name = this.take(length).toString('utf16le').replace(/\0.*$/s, '');
    this.pad(length);
    return { type, id, name: { guid, name } };
  }

  /** A value; undefined for a type that messages do not have. */
  value(type: number): PropertyValue | undefined {
    switch (type) {
      case PT.STRING8:
      case PT.UNICODE:
        return this.strings(type)[0] ?? '';
      case PT.BINARY:
        return this.variable()[0] ?? Buffer.alloc(0);
      case PT.MV_STRING8:
      case PT.MV_UNICODE:
        return this.strings(type & 0xfff);
      case PT.MV_BINARY:
        return this.variable();
      default:
    }
    if ((type & 0x1000) === 0) return this.fixed(type);
    const count = this.count();
    return Array.from({ length: count }, () => this.fixed(type & 0xfff)).filter(
      (value) => value !== undefined,
    ) as number[];
  }

  /** Values of variable length, each padded to four bytes. */
  variable(): Buffer[] {
    const count = this.count();
    const values: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const length = this.uint32();
      values.push(this.take(length));
      this.pad(length);
    }
    return values;
  }

  private strings(type: number): string[] {
    return this.variable().map((bytes) =>
      withoutEndingNuls(
        type === PT.UNICODE
          ? bytes
              .subarray(0, bytes.length & ~1)
              .toString('utf16le')
              .toWellFormed()
          : decodeBytes(bytes, this.codePage),
      ),
    );
  }

  private fixed(type: number): PropertyValue | undefined {
    switch (type) {
      case PT.SHORT:
        return this.take(4).readInt16LE(0);
      case PT.BOOLEAN:
        return this.take(4).readUInt16LE(0) !== 0;
      case PT.LONG:
      case PT.ERROR:
        return this.take(4).readInt32LE(0);
      case PT.FLOAT:
        return this.take(4).readFloatLE(0);
      case PT.DOUBLE:
      case PT.APPTIME:
        return this.take(8).readDoubleLE(0);
      case PT.CURRENCY:
      case PT.LONGLONG:
        return this.take(8).readBigInt64LE(0);
      case PT.SYSTIME:
        return this.take(8).readBigUInt64LE(0);
      case PT.CLSID:
        return Buffer.from(this.take(16));
      default:
        // The length of a value of an unknown type is unknown, so reading cannot continue.
        throw new TnefError('a property has an unknown type');
    }
  }

  private uint32(): number {
    return this.take(4).readUInt32LE(0);
  }

  private take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new TnefError('the data ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private pad(length: number): void {
    this.at = Math.min(this.at + ((4 - (length % 4)) % 4), this.bytes.length);
  }
}

function withoutEndingNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return text.slice(0, end);
}
