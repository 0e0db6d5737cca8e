import { LoneLineEnds } from '../mime/line-ends.ts';
import type { Log } from '../platform/log.ts';
import { MessageSpool } from './message-spool.ts';

/** RFC 5321 §2.3.8. Delivery keeps such a message byte for byte; sending would have to change it after it was checked. */
const LONE_LINE_END = '554 5.6.0 Lines must end with CRLF: a CR or an LF stands alone in the message';

export const TOO_BIG = '552 5.3.4 The message is too big';

/** Limits of one message, in bytes. */
export interface ContentLimits {
  messageSize: number;
  lineLength: number;
  headerSize: number;
}

/** The content of one mail transaction while it is received, by DATA or in chunks (BDAT). */
export class SmtpContent {
  readonly spool = new MessageSpool();
  /** Why the message will be refused, once that is known; what comes after that is not kept. */
  refusal: string | undefined;
  private readonly limits: ContentLimits;
  private readonly log: Log;
  /** Undefined where line ends are taken as they come (LMTP). */
  private readonly lineEnds: LoneLineEnds | undefined;

  constructor(limits: ContentLimits, log: Log, checksLineEnds: boolean) {
    this.limits = limits;
    this.log = log;
    this.lineEnds = checksLineEnds ? new LoneLineEnds() : undefined;
  }

  /** Takes the next bytes. */
  async write(bytes: Buffer): Promise<void> {
    if (this.refusal) return;
    this.lineEnds?.write(bytes);
    if (this.lineEnds?.found) this.refusal = LONE_LINE_END;
    else if (this.spool.size + bytes.length > this.limits.messageSize) this.refusal = TOO_BIG;
    else await this.keep(bytes);
    const { longestLine, headerSize } = this.spool.scanner;
    if (longestLine > this.limits.lineLength) this.refusal ??= '554 5.6.0 A line of the message is too long';
    if (headerSize > this.limits.headerSize) this.refusal ??= '554 5.6.0 The header of the message is too large';
    if (this.refusal) await this.spool.dispose();
  }

  private async keep(bytes: Buffer): Promise<void> {
    try {
      await this.spool.write(bytes);
    } catch (error) {
      this.log.error({ error }, 'the spool cannot be written; the message is refused for now');
      this.refusal = '451 4.3.1 No room to receive the message; try again later';
    }
  }

  /** The message is complete. */
  end(): void {
    if (this.lineEnds?.end()) this.refusal ??= LONE_LINE_END;
  }
}
