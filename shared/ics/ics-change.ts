import { folderSourceKey } from '../store/folders/change-keys.ts';
import type { Folder } from '../store/folders/folder.ts';

/** One change that a synchronising client is told of. */
export interface IcsChange {
  /** The change number in the feed of the store, or of the address book. */
  changeId: number;
  sourceKey: Buffer;
  parentSourceKey: Buffer;
  /** One of `ICS`. */
  type: number;
  /** For MESSAGE_FLAG: whether the message is read (MSGFLAG_READ). */
  flags: number;
}

/** A change of a message or folder that is in a folder. */
export const icsChange = (parent: Folder, sourceKey: Buffer, changeId: number, type: number, flags = 0): IcsChange => ({
  changeId,
  sourceKey,
  parentSourceKey: folderSourceKey(parent),
  type,
  flags,
});

/** Orders changes by number, the oldest first. */
export const byChangeId = (a: IcsChange, b: IcsChange): number => a.changeId - b.changeId;
