import type { Socket } from 'node:net';
import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import { byAddress } from '../../shared/delivery/outcome.ts';
import type { DirectorySource, Recipient } from '../../shared/directory/sources/directory-source.ts';
import type { MessageSpool } from '../../shared/net/message-spool.ts';
import { type Answer, type SmtpLimits, SmtpSession, type SmtpTransaction } from '../../shared/net/smtp-session.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { replyFor, storeFull, unknownUser } from './replies.ts';

export interface LmtpContext {
  store: StoreContext;
  directory: DirectorySource;
  log: Log;
  hostname: string;
}

/** An address and the mailboxes behind it: more than one for a group. */
interface LmtpRecipient {
  address: string;
  mailboxes: readonly Recipient[];
}

/** One LMTP connection (RFC 2033): a message is delivered before the reply for each recipient. */
export class LmtpSession extends SmtpSession<LmtpRecipient> {
  private readonly context: LmtpContext;

  constructor(socket: Socket, context: LmtpContext) {
    const { log, hostname, store } = context;
    super(socket, {
      dialect: 'lmtp',
      hostname,
      log,
      secure: false,
      timeoutSeconds: store.options.lmtp_timeout_seconds,
    });
    this.context = context;
  }

  protected override limits(): SmtpLimits {
    const { options } = this.context.store;
    return {
      messageSize: options.lmtp_max_messagesize,
      lineLength: options.lmtp_max_line_length,
      headerSize: options.lmtp_max_header_size,
      recipients: options.lmtp_max_recipients,
    };
  }

  protected override extensions(): string[] {
    return [];
  }

  protected override async acceptSender(): Promise<string | undefined> {
    return undefined;
  }

  protected override async acceptRecipients(
    addresses: readonly string[],
    { size = 0 }: SmtpTransaction<LmtpRecipient>,
  ): Promise<Answer<LmtpRecipient>[]> {
    try {
      const found = await this.context.directory.resolve(addresses);
      return addresses.map((address, i) => {
        const mailboxes = found[i] ?? [];
        if (mailboxes.length === 0) return { refusal: unknownUser(address) };
        const full = mailboxes.every(({ hardQuota, storeSize }) => hardQuota > 0 && storeSize + size >= hardQuota);
        return full ? { refusal: storeFull(address) } : { recipient: { address, mailboxes } };
      });
    } catch (error) {
      this.log.error({ error }, 'recipients could not be looked up');
      return addresses.map((address) => ({
        refusal: `451 4.3.0 <${address}> cannot be looked up now; try again later`,
      }));
    }
  }

  /** RFC 2033 §4.2: after the content comes one reply for each recipient that was accepted, in their order. */
  protected override async store(
    { recipients }: SmtpTransaction<LmtpRecipient>,
    spool: MessageSpool,
  ): Promise<string[]> {
    const started = performance.now();
    const { store } = this.context;
    const delivery = {
      source: spool,
      root: spool.finish(),
      recipients: recipients.flatMap(({ mailboxes }) => mailboxes),
      id: newGuid(store.clock()),
      mayBeStored: false,
    };
    const outcomes = await deliverMessage(store, delivery, (error) => this.log.error({ error }, 'delivery failed'));
    this.log.info(
      {
        bytes: spool.size,
        recipients: recipients.length,
        stored: outcomes.filter((outcome) => outcome.kind === 'stored').length,
        ms: Math.round(performance.now() - started),
      },
      'delivery',
    );
    return byAddress(recipients, outcomes).map((outcome, i) => replyFor(outcome, recipients[i]?.address ?? ''));
  }

  protected override refuse({ recipients }: SmtpTransaction<LmtpRecipient>, refusal: string): string[] {
    return recipients.map(() => refusal);
  }

  protected override executeOther(): void {
    this.bad('500 5.5.2 Command not known');
  }
}
