import type { FolderId, StoreRef } from '../../../shared/store/engine/ids.ts';
import type { FolderEntry } from '../../../shared/store/folders/folder.ts';

/** A store as a part of the mailbox names of a session. */
export interface StoreTree {
  ref: StoreRef;
  /** The beginning of all its mailboxes' names; '' for the session's own store. */
  prefix: string;
  /** IPM_SUBTREE, and the session's rights there. */
  root: FolderId;
  rootRights: number;
  /** Undefined for a public store. */
  owner: { login: string; hardQuota: number } | undefined;
}

/** A folder under the name by which IMAP knows it. */
export interface NamedFolder {
  /** Levels joined by the delimiter, not encoded. The inbox is INBOX in every language. */
  path: string;
  folder: FolderEntry;
  tree: StoreTree;
  /** Bits of RIGHT. */
  rights: number;
}
