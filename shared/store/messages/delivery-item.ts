import type { Database } from '../../database/database.ts';
import type { Write } from '../../database/transaction.ts';
import type { PreparedMessage } from '../content/prepare-message.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';
import type { MessageFlags } from './flags.ts';

/** One folder that a message is delivered to. */
export interface DeliveryTarget extends StoreRef {
  folder: FolderId;
  /** Unique in the store. The same id a second time is the same message: it is not stored again. */
  id: MessageId;
  /** Bytes that the store may hold at most; 0 is no limit. */
  hardQuota: number;
  /** Flags of the message in this folder; absent: those of the delivery. */
  flags?: MessageFlags;
}

export type DeliveryOutcome =
  | { kind: 'stored'; uid: Uid }
  /** An earlier transaction has stored it. */
  | { kind: 'already-stored' }
  | { kind: 'store-full' }
  /** The store or the folder was removed after the recipient was accepted. */
  | { kind: 'gone' };

/**
 * Makes the statement that is written in the same transaction for each target that a message is stored in: a row that must be there exactly
 * when the message is. `now` is in milliseconds since 1970 (UTC).
 */
export type CompanionStatement = (
  tx: Database,
  stored: { message: PreparedMessage; target: DeliveryTarget; now: number },
) => Write;

/** A message and the folders that it is delivered to. Two folders of one store have different ids: the second one is a copy. */
export interface DeliveryItem {
  message: PreparedMessage;
  targets: readonly DeliveryTarget[];
  flags: MessageFlags;
  /** True where the ids may have been used before: a redelivered queue message, not a fresh LMTP transaction. */
  mayBeStored: boolean;
  companion: CompanionStatement | undefined;
}
