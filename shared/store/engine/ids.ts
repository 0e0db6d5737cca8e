import { createHash, randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

export type TenantId = Branded<number, 'TenantId'>;
export type UserId = Branded<number, 'UserId'>;
export type StoreId = Branded<number, 'StoreId'>;
export type FolderId = Branded<number, 'FolderId'>;
/** Unique within a folder, ascending (RFC 3501 §2.3.1.1). */
export type Uid = Branded<number, 'Uid'>;

/** A store, and the tenant that owns it: every query names both. */
export interface StoreRef {
  tenant: TenantId;
  store: StoreId;
}

/** 16 bytes that stay with a message for its life, through moves too; the last part of its MAPI entry id. */
export type MessageId = Buffer;

/** Random bytes that are not used yet: one call for 4096 bytes costs less than many for ten. */
const random = { bytes: Buffer.alloc(0), used: 0 };

function takeRandom(length: number): Buffer {
  if (random.used + length > random.bytes.length) {
    random.bytes = randomBytes(4096);
    random.used = 0;
  }
  random.used += length;
  return random.bytes.subarray(random.used - length, random.used);
}

/** A version 7 UUID: 48 bits of milliseconds, then random bits, so that ids made later sort later (RFC 9562 §5.7). */
export function newGuid(nowMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  takeRandom(10).copy(bytes, 6);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes;
}

/** A hash of the parts as a 16-byte id: the same parts give the same id, so that a repeated delivery is stored once. */
export function derivedGuid(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, 16);
}
