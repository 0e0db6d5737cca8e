import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { secureSocket } from '../net/secure-socket.ts';
import { SocketReader, writeWithBackPressure } from '../net/socket-reader.ts';
import type { Log } from '../platform/log.ts';
import { type Dialect, type MailParameters, parseSmtpCommand, type SmtpCommand } from '../protocol/smtp/command.ts';
import { DataDecoder } from '../protocol/smtp/data-decoder.ts';
import type { MessageSpool } from './message-spool.ts';
import { type ContentLimits, SmtpContent, TOO_BIG } from './smtp-content.ts';

/** RFC 5321 §4.5.3.1.4 asks for 512 octets; parameters, SASL responses and long UTF-8 addresses need more. */
const MAX_COMMAND = 16 * 1024;

const MAX_BAD_COMMANDS = 20;

/** Recipients of one look-up. */
const MAX_LOOKUP = 100;

/** A transaction may take this many times `timeoutSeconds`, however slowly its bytes arrive. */
const TRANSACTION_TIMEOUTS = 6;

export interface SmtpLimits extends ContentLimits {
  /** Recipients of one message. */
  recipients: number;
}

/** One mail transaction (RFC 5321 §3.3). */
export interface SmtpTransaction<Recipient> extends MailParameters {
  /** When the transaction began, by `performance.now()`. */
  startedAt: number;
  recipients: Recipient[];
  /** What has been received so far; undefined before the first byte. */
  content: SmtpContent | undefined;
}

export type Answer<Recipient> = { recipient: Recipient } | { refusal: string };

/**
 * The receiving side of SMTP: reads commands, answers in order, takes the content into a spool. LMTP and submission each decide who may
 * send, to whom, and what becomes of a message.
 */
export abstract class SmtpSession<Recipient> {
  protected readonly hostname: string;
  protected readonly log: Log;
  protected secure: boolean;
  protected greeted = false;
  protected open = true;
  private readonly dialect: Dialect;
  private socket: Socket;
  private reader: SocketReader;
  private replies = '';
  private badCommands = 0;
  private transaction: SmtpTransaction<Recipient> | undefined;
  private storing = false;
  private readonly timeoutSeconds: number;

  constructor(
    socket: Socket,
    options: { dialect: Dialect; hostname: string; log: Log; secure: boolean; timeoutSeconds: number },
  ) {
    this.socket = socket;
    this.reader = new SocketReader(socket);
    this.dialect = options.dialect;
    this.hostname = options.hostname;
    this.log = options.log;
    this.secure = options.secure;
    this.timeoutSeconds = options.timeoutSeconds;
    this.prepareSocket();
  }

  protected abstract limits(): SmtpLimits;
  /** What stands after the host name in the reply to EHLO. */
  protected abstract extensions(): string[];
  /** Why this sender is refused, or undefined. */
  protected abstract acceptSender(parameters: MailParameters): Promise<string | undefined>;
  /** Each recipient, or the reply that refuses it. */
  protected abstract acceptRecipients(
    addresses: readonly string[],
    transaction: SmtpTransaction<Recipient>,
  ): Promise<Answer<Recipient>[]>;
  /** Stores the complete message and gives the replies; runs to its end even when the service stops. */
  protected abstract store(transaction: SmtpTransaction<Recipient>, spool: MessageSpool): Promise<string[]>;
  /** The replies to a message that was refused while it came in. */
  protected abstract refuse(transaction: SmtpTransaction<Recipient>, refusal: string): string[];
  /** Commands of the dialect alone: STARTTLS, AUTH. */
  protected abstract executeOther(command: SmtpCommand): Promise<void> | void;

  protected get remoteAddress(): string {
    return this.socket.remoteAddress ?? '';
  }

  /** Calls back once the connection is closed. */
  protected onClose(call: () => void): void {
    this.socket.once('close', call);
  }

  protected get inTransaction(): boolean {
    return this.transaction !== undefined;
  }

  /** Serves the connection until it ends. */
  async run(): Promise<void> {
    this.reply(`220 ${this.hostname} ${this.dialect === 'lmtp' ? 'LMTP' : 'ESMTP'} ready`);
    while (this.open) {
      const line = await this.readCommand();
      if (line === undefined) break;
      await this.execute(line);
    }
    await this.flush();
    await this.abandon();
    this.socket.end();
  }

  /** Ends a connection that waits for its next command; a message that is being stored is finished first. */
  end(farewell: string): void {
    if (!this.open) return;
    this.open = false;
    if (this.storing) return;
    if (this.socket.writable) this.socket.end(`${farewell}\r\n`);
    this.reader.detach();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  protected reply(line: string): void {
    this.replies += `${line}\r\n`;
  }

  /** The next line without its end, or why it cannot be taken; undefined when the connection is over. */
  protected async readLine(): Promise<Buffer | undefined | { refusal: string }> {
    for (let tooLong = false; ; ) {
      const end = this.reader.buffer.indexOf(10);
      if (end >= 0) {
        const line = this.reader.take(end + 1);
        if (tooLong || line.length > MAX_COMMAND) return { refusal: '500 5.5.2 The line is too long' };
        // RFC 5321 §2.3.8: lines end with CRLF and nothing else.
        if (line[line.length - 2] !== 13 || line.subarray(0, -2).includes(13))
          return { refusal: '500 5.5.2 Lines must end with CRLF' };
        return line.subarray(0, -2);
      }
      if (this.reader.buffer.length > MAX_COMMAND) {
        tooLong = true;
        this.reader.take(this.reader.buffer.length);
      }
      if (!(await this.more())) return undefined;
    }
  }

  /** RFC 3207 §4: commands that were sent before TLS do not count after it; a client that has pipelined some is disconnected. */
  protected async startTls(secureContext: SecureContext): Promise<void> {
    if (this.reader.buffer.length > 0) {
      this.open = false;
      return this.reply('421 4.7.0 No command may follow STARTTLS before TLS');
    }
    await this.abandon();
    this.reply('220 2.0.0 Begin TLS now');
    await this.flush();
    ({ socket: this.socket, reader: this.reader } = secureSocket(this.socket, this.reader, secureContext));
    this.secure = true;
    // RFC 3207 §4.2: the server forgets what the client has said before TLS.
    this.greeted = false;
    this.prepareSocket();
  }

  private prepareSocket(): void {
    this.socket.setNoDelay(true);
    this.socket.setTimeout(this.timeoutSeconds * 1000, () => this.end('421 4.4.2 Too long without a word from you'));
  }

  private async readCommand(): Promise<SmtpCommand | undefined> {
    const line = await this.readLine();
    if (line === undefined) return undefined;
    if ('refusal' in line) return { name: 'invalid', reply: line.refusal };
    return parseSmtpCommand(line.toString('utf8'), this.dialect);
  }

  /** Sends all replies before it waits for the client (RFC 2920 §3.2). */
  private async more(): Promise<boolean> {
    await this.flush();
    const more = await this.reader.more();
    const elapsed = this.transaction ? performance.now() - this.transaction.startedAt : 0;
    if (elapsed <= TRANSACTION_TIMEOUTS * this.timeoutSeconds * 1000) return more;
    this.end('421 4.4.2 The message takes too long');
    return false;
  }

  private async flush(): Promise<void> {
    if (this.replies === '') return;
    const replies = this.replies;
    this.replies = '';
    await writeWithBackPressure(this.socket, replies);
  }

  private async execute(command: SmtpCommand): Promise<void> {
    switch (command.name) {
      case 'HELLO':
        await this.abandon();
        return this.greet(command.verb);
      case 'MAIL':
        return this.mail(command);
      case 'RCPT':
        return this.rcpt([command.recipient, ...this.waitingRecipients()]);
      case 'DATA':
        return this.data();
      case 'BDAT':
        return this.bdat(command.size, command.last);
      case 'RSET':
        await this.abandon();
        return this.reply('250 2.0.0 Forgotten');
      case 'NOOP':
        return this.reply('250 2.0.0 Ok');
      case 'HELP':
        return this.reply('214 2.0.0 MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT');
      case 'VRFY':
        // RFC 5321 §3.5.3: a server that does not disclose which users exist replies 252.
        return this.reply('252 2.1.5 Send some mail, and see');
      case 'QUIT':
        this.open = false;
        return this.reply(`221 2.0.0 ${this.hostname} closes`);
      case 'invalid':
        return this.bad(command.reply);
      default:
        return this.executeOther(command);
    }
  }

  /** Refuses a command; ends the connection of a client after too many of them. */
  protected bad(reply: string): void {
    this.reply(reply);
    if (++this.badCommands < MAX_BAD_COMMANDS) return;
    this.open = false;
    this.reply('421 4.7.0 Too many errors');
  }

  private greet(verb: string): void {
    this.greeted = true;
    if (verb === 'HELO') return this.reply(`250 ${this.hostname}`);
    const lines = [
      this.hostname,
      'PIPELINING',
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'CHUNKING',
      `SIZE ${this.limits().messageSize}`,
      ...this.extensions(),
    ];
    lines.forEach((line, i) => this.reply(`250${i === lines.length - 1 ? ' ' : '-'}${line}`));
  }

  private async mail(parameters: MailParameters): Promise<void> {
    if (!this.greeted) return this.reply(`503 5.5.1 Say ${this.dialect === 'lmtp' ? 'LHLO' : 'EHLO'} first`);
    if (this.transaction) return this.reply('503 5.5.1 There is a sender already');
    const refusal = await this.acceptSender(parameters);
    if (refusal) return this.reply(refusal);
    if ((parameters.size ?? 0) > this.limits().messageSize) return this.reply(TOO_BIG);
    this.transaction = {
      ...parameters,
      startedAt: performance.now(),
      recipients: [],
      content: undefined,
    };
    this.reply('250 2.1.0 Sender ok');
  }

  /** Takes the RCPT commands that a client has pipelined (RFC 2920), so that one look-up serves them all. */
  private waitingRecipients(): string[] {
    const recipients: string[] = [];
    while (recipients.length < MAX_LOOKUP) {
      const line = this.reader.buffer.subarray(0, this.reader.buffer.indexOf(10) + 1);
      // A line with a fault is answered when its turn comes.
      if (line.length > MAX_COMMAND || line.indexOf(13) !== line.length - 2) break;
      const command = parseSmtpCommand(line.toString('utf8', 0, line.length - 2), this.dialect);
      if (command.name !== 'RCPT') break;
      this.reader.take(line.length);
      recipients.push(command.recipient);
    }
    return recipients;
  }

  private async rcpt(addresses: readonly string[]): Promise<void> {
    const transaction = this.transaction;
    if (!transaction || transaction.content) {
      const refusal = transaction ? '503 5.5.1 The message has begun' : '503 5.5.1 Say MAIL first';
      for (const _ of addresses) this.reply(refusal);
      return;
    }
    const room = this.limits().recipients - transaction.recipients.length;
    const answers = await this.acceptRecipients(addresses.slice(0, room), transaction);
    for (const [i, address] of addresses.entries()) {
      const answer = answers[i];
      if (!answer) this.reply('452 4.5.3 Too many recipients');
      else if ('refusal' in answer) this.reply(answer.refusal);
      else {
        transaction.recipients.push(answer.recipient);
        this.reply(`250 2.1.5 <${address}> ok`);
      }
    }
  }

  private async data(): Promise<void> {
    const transaction = this.transaction;
    if (!transaction) return this.reply('503 5.5.1 Say MAIL first');
    // RFC 2033 §4.2, RFC 5321 §3.3: without a recipient that was accepted, DATA is refused.
    if (transaction.recipients.length === 0) return this.reply('503 5.5.1 No valid recipients');
    if (transaction.content) return this.reply('503 5.5.1 The message has begun with BDAT');
    this.reply('354 Send the message, end it with <CRLF>.<CRLF>');
    const decoder = new DataDecoder();
    for (;;) {
      if (this.reader.buffer.length === 0 && !(await this.more())) {
        this.open = false;
        return;
      }
      const { content, rest } = decoder.decode(this.reader.take(this.reader.buffer.length));
      for (const bytes of content) await this.contentOf(transaction).write(bytes);
      if (rest) {
        this.reader.buffer = rest;
        break;
      }
    }
    await this.finish(transaction);
  }

  /** RFC 3030 §2: the bytes follow the command at once, so they are read whatever the reply will be. */
  private async bdat(size: number, last: boolean): Promise<void> {
    const transaction = this.transaction;
    const usable = transaction !== undefined && transaction.recipients.length > 0;
    for (let left = size; left > 0; ) {
      if (this.reader.buffer.length === 0 && !(await this.more())) {
        this.open = false;
        return;
      }
      const bytes = this.reader.take(Math.min(left, this.reader.buffer.length));
      left -= bytes.length;
      if (usable) await this.contentOf(transaction).write(bytes);
    }
    if (!usable) return this.reply(transaction ? '503 5.5.1 No valid recipients' : '503 5.5.1 Say MAIL first');
    const { refusal } = this.contentOf(transaction);
    if (last) await this.finish(transaction);
    else this.reply(refusal ?? `250 2.0.0 ${size} octets received`);
  }

  private contentOf(transaction: SmtpTransaction<Recipient>): SmtpContent {
    transaction.content ??= new SmtpContent(this.limits(), this.log, this.dialect === 'submission');
    return transaction.content;
  }

  private async finish(transaction: SmtpTransaction<Recipient>): Promise<void> {
    const content = this.contentOf(transaction);
    content.end();
    let replies: string[];
    if (content.refusal) replies = this.refuse(transaction, content.refusal);
    else {
      this.storing = true;
      replies = await this.store(transaction, content.spool);
      this.storing = false;
    }
    for (const line of replies) this.reply(line);
    await this.abandon();
  }

  private async abandon(): Promise<void> {
    const content = this.transaction?.content;
    this.transaction = undefined;
    await content?.spool.dispose();
  }
}
