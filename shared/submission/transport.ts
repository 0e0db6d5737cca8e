import type { Readable } from 'node:stream';

/** What a message is sent with. */
export interface Envelope {
  /** Empty: the null path. */
  sender: string;
  recipients: readonly string[];
  /** Bytes, about. */
  size: number;
}

/** What became of one recipient. `reply` is in SMTP's words, as the report to the sender quotes it (RFC 3464 §2.3.6). */
export interface TransportResult {
  address: string;
  outcome: 'sent' | 'failed' | 'later';
  reply: string;
}

/** Carries messages away. */
export interface Transport {
  /**
   * Sends one message; a result for each recipient. Never throws: what went wrong on the way is `later`. `open` may be called more
   * than once, each time for the whole message. After `timeoutMs` it is over, whatever has been said.
   */
  send(envelope: Envelope, open: () => Readable, timeoutMs: number): Promise<TransportResult[]>;
  close(): void;
}

export const resultsFor = (
  recipients: readonly string[],
  outcome: TransportResult['outcome'],
  reply: string,
): TransportResult[] => recipients.map((address) => ({ address, outcome, reply }));
