import { createHash } from 'node:crypto';
import { blobScope, storeBlob } from '../../blobs/blobs.ts';
import { blobTag, type MapiObject } from '../../mapi/property-document.ts';
import { PR, propertyType } from '../../mapi/property-tags.ts';
import type { StoreContext } from '../engine/context.ts';
import type { TenantId } from '../engine/ids.ts';
import { mayBeBlob } from './open-message.ts';

/** Values of this many bytes and more are blobs. */
const BLOB_MIN = 64 * 1024;

/** The body is searched and shown in tables: it stays in the row up to this many bytes. */
const BODY_BLOB_MIN = 1024 * 1024;

/**
 * Uploads the values of an object that are too large for a row, before the transaction that needs them. Gives a function that then replaces the
 * values by their blobs.
 */
export async function storeLargeValues(
  context: StoreContext,
  tenant: TenantId,
  object: MapiObject,
): Promise<() => void> {
  const replacements: (() => void)[] = [];
  for (const [tag, value] of object.properties) {
    if (!mayBeBlob(tag)) continue;
    const bytes = Buffer.isBuffer(value)
      ? value
      : typeof value === 'string' && value.length >= BLOB_MIN
        ? Buffer.from(value)
        : undefined;
    if (!bytes || bytes.length < BLOB_MIN) continue;
    if (tag === PR.BODY && bytes.length < BODY_BLOB_MIN) continue;
    const hash = createHash('sha256').update(bytes).digest();
    const blob = { scope: blobScope(context.options, tenant), hash, size: bytes.length };
    await storeBlob(context.db, context.objects, context.clock, blob, async function* () {
      yield bytes;
    });
    replacements.push(() => {
      object.properties.delete(tag);
      object.properties.set(blobTag(tag), {
        blob: hash,
        scope: blob.scope,
        size: blob.size,
        type: propertyType(tag),
      });
    });
  }
  for (const child of object.children) replacements.push(await storeLargeValues(context, tenant, child));
  return () => {
    for (const replace of replacements) replace();
  };
}
