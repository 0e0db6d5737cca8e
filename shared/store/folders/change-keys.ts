import { derivedSourceKey } from '../engine/derived-source-key.ts';
import type { Folder } from '../folders/folder.ts';
import type { MapiStore } from '../stores/stores.ts';

// A source key identifies an object for all its life, a change key one state of it (MS-OXCFXICS §2.2.2). A source key that a client has set is
// stored; all others are derived from the GUID. A change key is made of the number of the last change.

/** A GUID and six bytes: PR_SOURCE_KEY. */
export const folderSourceKey = (folder: Pick<Folder, 'guid' | 'sourceKey'>): Buffer =>
  folder.sourceKey ?? derivedSourceKey(folder.guid);
export const messageSourceKey = (message: { id: Buffer; sourceKey: Buffer | null }): Buffer =>
  message.sourceKey ?? derivedSourceKey(message.id);

/** The store's GUID and the number of the change: PR_CHANGE_KEY. */
export function changeKey(store: Pick<MapiStore, 'guid'>, seq: number): Buffer {
  const bytes = Buffer.alloc(20);
  store.guid.copy(bytes);
  bytes.writeUInt32LE(seq >>> 0, 16);
  return bytes;
}

/** PR_PREDECESSOR_CHANGE_LIST: what is known, with the newest of this store: each key after its length. */
export function withChangeKey(list: Buffer | undefined, key: Buffer): Buffer {
  const others = changeKeys(list).filter((other) => !other.subarray(0, 16).equals(key.subarray(0, 16)));
  return Buffer.concat([...others, key].flatMap((each) => [Buffer.of(each.length), each]));
}

export function changeKeys(list: Buffer | undefined): Buffer[] {
  const keys: Buffer[] = [];
  for (let at = 0; list && at < list.length; ) {
    const length = list[at] ?? 0;
    if (length < 17 || at + 1 + length > list.length) break;
    keys.push(list.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return keys;
}
