import type { Readable } from 'node:stream';

/** The envelope of a message that is being sent. */
export interface Envelope {
  /** Empty: the null path. */
  sender: string;
  recipients: readonly string[];
  /** Approximate size in bytes. */
  size: number;
}

/** The result for one recipient. `reply` is an SMTP reply, which the report to the sender quotes (RFC 3464 §2.3.6). */
export interface TransportResult {
  address: string;
  outcome: 'sent' | 'failed' | 'later';
  reply: string;
}

/** Sends messages out of this deployment. */
export interface Transport {
  /**
   * Sends one message and gives a result for each recipient. Never throws: a failure of the connection is `later`. `open` may be called more
   * than once, each time for the whole message. The try ends after `timeoutMs`, whatever the relay has replied by then.
   */
  send(envelope: Envelope, open: () => Readable, timeoutMs: number): Promise<TransportResult[]>;
  close(): void;
}

export const resultsFor = (
  recipients: readonly string[],
  outcome: TransportResult['outcome'],
  reply: string,
): TransportResult[] => recipients.map((address) => ({ address, outcome, reply }));
