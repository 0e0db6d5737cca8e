import type { Log } from '../platform/log.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { ClaimedMessage } from '../store/outgoing/outgoing-queue.ts';
import type { Notices } from './notices.ts';
import type { SentMarks } from './sent-marks.ts';
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
  marks: SentMarks;
  notices: Notices;
  /** Undefined: everything goes over the relay. */
  localDelivery: LocalDelivery | undefined;
  hostname: string;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
}
