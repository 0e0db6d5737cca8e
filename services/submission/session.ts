import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { AccountWatch } from '../../shared/directory/login/account-watch.ts';
import { type LoginContext, logIn } from '../../shared/directory/login/login.ts';
import { LoginDelayed } from '../../shared/directory/login/login-throttle.ts';
import type { Account, DirectorySource, Sender } from '../../shared/directory/sources/directory-source.ts';
import { type ErrorCode, PamojaError } from '../../shared/mapi/error.ts';
import { mailDate } from '../../shared/mime/date.ts';
import { firstField } from '../../shared/mime/header-fields.ts';
import type { Part } from '../../shared/mime/part.ts';
import { MessageSpool } from '../../shared/net/message-spool.ts';
import { type Answer, type SmtpLimits, SmtpSession, type SmtpTransaction } from '../../shared/net/smtp-session.ts';
import type { MailParameters, SmtpCommand } from '../../shared/protocol/smtp/command.ts';
import { isSendable } from '../../shared/protocol/smtp/path.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { type CheckedEnvelope, checkOutgoing, maySendFrom } from '../../shared/submission/check-outgoing.ts';
import type { DueEnqueuer } from '../../shared/submission/enqueue-due.ts';
import type { HourlyLimit } from '../../shared/submission/hourly-limit.ts';
import { contentOfSource, submitMessage } from '../../shared/submission/submit-message.ts';
import { loginMechanism, plainMechanism, type SaslExchange } from './sasl.ts';

export interface SubmissionContext extends LoginContext {
  store: StoreContext;
  directory: DirectorySource;
  enqueuer: DueEnqueuer;
  accounts: AccountWatch;
  hourlyLimit: HourlyLimit;
  tls: SecureContext;
  hostname: string;
}

const DAY_MS = 86_400_000;

/** Failed logins after which the connection ends. */
const MAX_FAILED_LOGINS = 5;

/** SMTP replies to a message that may not be sent, by error code. */
const REFUSALS: Partial<Record<ErrorCode, string>> = {
  NO_ACCESS: '550 5.7.1',
  INVALID_PARAMETER: '550 5.6.0',
  TOO_BIG: '554 5.6.0',
};

const TRY_LATER = '451 4.3.0 This cannot be done now; try again later';

/** One connection of a user who sends mail (RFC 6409). An accepted message is in the Outbox and in the outgoing queue. */
export class SubmissionSession extends SmtpSession<string> {
  private readonly context: SubmissionContext;
  private account: Account | undefined;
  /** The sender of the open transaction. */
  private sender: Sender | undefined;
  private failedLogins = 0;

  constructor(socket: Socket, context: SubmissionContext, secure: boolean) {
    const { log, hostname, store } = context;
    super(socket, {
      dialect: 'submission',
      hostname,
      log,
      secure,
      timeoutSeconds: store.options.submission_timeout_seconds,
    });
    this.context = context;
  }

  get loggedIn(): boolean {
    return this.account !== undefined;
  }

  protected override limits(): SmtpLimits {
    const { options } = this.context.store;
    const lower = (own: number | undefined, configured: number) => (own ? Math.min(own, configured) : configured);
    return {
      messageSize: lower(this.sender?.maxMessageBytes, options.submission_max_messagesize),
      recipients: lower(this.sender?.maxRecipients, options.submission_max_recipients),
      lineLength: options.lmtp_max_line_length,
      headerSize: options.lmtp_max_header_size,
    };
  }

  protected override extensions(): string[] {
    if (!this.secure) return ['STARTTLS'];
    const { submission_max_hold: days } = this.context.store.options;
    const last = new Date(this.context.store.clock() + days * DAY_MS).toISOString().replace(/\.\d+/, '');
    // RFC 4865 §3: the longest hold in seconds, and the latest time.
    return ['AUTH PLAIN LOGIN', `FUTURERELEASE ${Math.floor(days * 86_400)} ${last}`];
  }

  protected override async executeOther(command: SmtpCommand): Promise<void> {
    if (command.name === 'STARTTLS') {
      if (this.secure) return this.bad('503 5.5.1 TLS is on already');
      return this.startTls(this.context.tls);
    }
    if (command.name === 'AUTH') return this.authenticate(command.mechanism, command.initial);
    this.bad('500 5.5.2 Command not known');
  }

  /** RFC 4954 §4. */
  private async authenticate(mechanism: string, initial: string | undefined): Promise<void> {
    if (!this.secure) return this.bad('538 5.7.11 Use STARTTLS or the TLS port first');
    if (!this.greeted) return this.bad('503 5.5.1 Say EHLO first');
    if (this.account) return this.bad('503 5.5.1 You are logged in already');
    if (this.inTransaction) return this.bad('503 5.5.1 Not within a transaction');
    const exchange = mechanism === 'PLAIN' ? plainMechanism() : mechanism === 'LOGIN' ? loginMechanism() : undefined;
    if (!exchange) return this.bad('504 5.5.4 The mechanism is not offered');
    const credentials = await this.runExchange(exchange, initial);
    if (!credentials) return;
    try {
      this.account = await logIn(this.context, { ...credentials, from: this.remoteAddress, program: 'smtp' });
      // RFC 5321 §3.8: the server ends a session with 421, whatever the client sends next.
      const stop = this.context.accounts.watch(this.account, () =>
        this.end('421 4.7.0 Your account has changed: log in again'),
      );
      this.onClose(stop);
      this.reply('235 2.7.0 Welcome');
    } catch (error) {
      // RFC 4954 §6: 454 says that a later try may succeed.
      if (error instanceof LoginDelayed) {
        this.reply(`454 4.7.0 ${error.message}`);
        return this.countFailedLogin();
      }
      if (!PamojaError.is(error, 'LOGON_FAILED', 'NO_ACCESS')) {
        this.log.error({ error }, 'a login could not be checked');
        return this.reply('454 4.7.0 Logins cannot be checked now; try again later');
      }
      this.reply('535 5.7.8 Unknown user or wrong password');
      this.countFailedLogin();
    }
  }

  private countFailedLogin(): void {
    if (++this.failedLogins < MAX_FAILED_LOGINS) return;
    this.open = false;
    this.reply('421 4.7.0 Too many failed logins');
  }

  private async runExchange(
    exchange: SaslExchange,
    initial: string | undefined,
  ): Promise<{ user: string; password: string } | undefined> {
    for (let answer = initial; ; ) {
      const step = exchange(answer === undefined ? undefined : Buffer.from(answer, 'base64').toString('utf8'));
      if ('credentials' in step) return step.credentials;
      if ('refusal' in step) {
        this.bad(step.refusal);
        return undefined;
      }
      this.reply(`334 ${Buffer.from(step.challenge).toString('base64')}`);
      const line = await this.readLine();
      if (line === undefined || 'refusal' in line) {
        if (line) this.bad(line.refusal);
        return undefined;
      }
      answer = line.toString('latin1');
      // RFC 4954 §4: a lone * cancels; anything that is no base64 is refused.
      if (answer === '*' || !/^[A-Za-z0-9+/]*={0,2}$/.test(answer)) {
        this.bad(answer === '*' ? '501 5.7.0 Cancelled' : '501 5.5.2 Not base64');
        return undefined;
      }
    }
  }

  protected override async acceptSender(parameters: MailParameters): Promise<string | undefined> {
    if (!this.account) return '530 5.7.0 Log in first';
    try {
      this.sender = await this.context.directory.sender(this.account);
    } catch (error) {
      this.log.error({ error }, 'a sender could not be looked up');
      return TRY_LATER;
    }
    const { sender } = this;
    if (!sender) return '550 5.7.1 You may not send mail any more';
    if (parameters.sender !== '' && !maySendFrom(sender, parameters.sender))
      return `553 5.7.1 <${parameters.sender}> is no address of yours`;
    // Manual 5.7: a user over the soft level cannot send until the store is smaller.
    if (sender.quota.soft > 0 && sender.storeSize >= sender.quota.soft)
      return '552 5.2.2 Your mailbox is over its limit: nothing can be sent until it is smaller';
    if (parameters.hold && this.sendAt(parameters) === undefined)
      return '501 5.5.4 The message cannot be held that long';
    return undefined;
  }

  /** The time to send at; undefined when it is later than submission_max_hold allows. */
  private sendAt({ hold }: MailParameters): number | undefined {
    const { clock, options } = this.context.store;
    const now = clock();
    if (!hold) return now;
    const at = 'seconds' in hold ? now + hold.seconds * 1000 : Math.max(hold.until, now);
    return at <= now + options.submission_max_hold * DAY_MS ? at : undefined;
  }

  protected override async acceptRecipients(
    addresses: readonly string[],
    { smtpUtf8 }: SmtpTransaction<string>,
  ): Promise<Answer<string>[]> {
    return addresses.map((address) => {
      if (!isSendable(address)) return { refusal: `501 5.1.3 <${address}> is no address that mail can be sent to` };
      if (!smtpUtf8 && !/^[\x20-\x7e]*$/.test(address))
        return { refusal: '553 5.6.7 An address beyond ASCII needs SMTPUTF8' };
      return { recipient: address };
    });
  }

  protected override async store(transaction: SmtpTransaction<string>, spool: MessageSpool): Promise<string[]> {
    const { account, sender } = this;
    if (!account || !sender) return [TRY_LATER];
    let complete = spool;
    try {
      complete = await this.completed(spool);
      const root = complete.finish();
      const envelope = await this.check(transaction, complete, root, sender);
      if ('refusal' in envelope) return [envelope.refusal];
      if (!(await this.context.hourlyLimit.take(account.tenant, sender.maxHourlyMessages)))
        return ['451 4.7.1 Your tenant has sent as many messages as it may in an hour; try again later'];
      return [await this.submit(transaction, { envelope, source: complete, root }, account, sender)];
    } catch (error) {
      if (PamojaError.is(error, 'STORE_FULL')) return ['552 5.2.2 Your mailbox is full'];
      this.log.error({ error }, 'a submission failed');
      return [TRY_LATER];
    } finally {
      if (complete !== spool) await complete.dispose();
    }
  }

  /** Checks the completed message, which is stored and sent as it is. */
  private async check(
    { sender: from, recipients }: SmtpTransaction<string>,
    source: MessageSpool,
    root: Part,
    sender: Sender,
  ): Promise<CheckedEnvelope | { refusal: string }> {
    const envelope = { sender: from, recipients: [...new Set(recipients)] };
    try {
      const { lmtp_max_header_size: maxHeader } = this.context.store.options;
      return await checkOutgoing(envelope, sender, contentOfSource(source, root), maxHeader);
    } catch (error) {
      if (!(error instanceof PamojaError)) throw error;
      const status = REFUSALS[error.code];
      if (status === undefined) throw error;
      return { refusal: `${status} ${error.message}` };
    }
  }

  private async submit(
    transaction: SmtpTransaction<string>,
    message: { envelope: CheckedEnvelope; source: MessageSpool; root: Part },
    account: Account,
    sender: Sender,
  ): Promise<string> {
    const started = performance.now();
    const { store, enqueuer } = this.context;
    const id = await submitMessage(store, {
      account,
      sender,
      ...message,
      sendAt: this.sendAt(transaction) ?? store.clock(),
    });
    enqueuer.wake(account.tenant);
    this.log.info(
      {
        id: id.toString('hex'),
        bytes: message.source.size,
        recipients: message.envelope.recipients.length,
        ms: Math.round(performance.now() - started),
      },
      'submission',
    );
    return `250 2.0.0 Queued as ${id.toString('hex')}`;
  }

  /** RFC 6409 §8: adds Date and Message-ID where they are missing; the stored message and the sent one are the same. */
  private async completed(spool: MessageSpool): Promise<MessageSpool> {
    const { fields } = spool.finish();
    const now = this.context.store.clock();
    const missing = [
      ...(firstField(fields, 'date') === undefined ? [`Date: ${mailDate(now)}\r\n`] : []),
      ...(firstField(fields, 'message-id') === undefined
        ? [`Message-ID: <${newGuid(now).toString('hex')}@${this.hostname}>\r\n`]
        : []),
    ];
    if (missing.length === 0) return spool;
    const complete = new MessageSpool();
    try {
      await complete.write(Buffer.from(missing.join('')));
      for await (const chunk of spool.read(0, spool.size)) await complete.write(chunk);
      return complete;
    } catch (error) {
      await complete.dispose();
      throw error;
    }
  }

  protected override refuse(_transaction: SmtpTransaction<string>, refusal: string): string[] {
    return [refusal];
  }
}
