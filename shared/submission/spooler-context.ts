import type { Log } from '../platform/log.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { ClaimedMessage } from '../store/outgoing/outgoing-queue.ts';
import type { SentRecipients } from './sent-recipients.ts';
import type { SpoolerQueue } from './spooler-queue.ts';
import type { Transport, TransportResult } from './transport.ts';

/** Delivers to mailboxes of this deployment without the relay. */
export interface LocalDelivery {
  /** Gives a result for each of the addresses that has a mailbox here; `open` is called only when there is one. */
  deliver(
    message: ClaimedMessage,
    addresses: readonly string[],
    open: () => AsyncIterable<Buffer>,
  ): Promise<TransportResult[]>;
}

export interface SpoolerContext {
  store: StoreContext;
  transport: Transport;
  sentRecipients: SentRecipients;
  queue: SpoolerQueue;
  /** Undefined: all mail is sent over the relay. */
  localDelivery: LocalDelivery | undefined;
  hostname: string;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}
