import type { Socket } from 'node:net';
import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import { MessageSpool } from '../../shared/delivery/spool.ts';
import type { Directory, Recipient } from '../../shared/directory/directory.ts';
import type { Log } from '../../shared/platform/log.ts';
import { SocketReader, writeWithBackPressure } from '../../shared/platform/socket-reader.ts';
import { type LmtpCommand, parseLmtpCommand } from '../../shared/protocol/lmtp/command.ts';
import { DataDecoder } from '../../shared/protocol/lmtp/data-decoder.ts';
import type { StoreContext } from '../../shared/store/context.ts';
import { newGuid } from '../../shared/store/ids.ts';
import { replyFor, storeFull, TOO_BIG, unknownUser } from './replies.ts';

export interface LmtpContext {
  store: StoreContext;
  directory: Directory;
  log: Log;
  hostname: string;
}

/** RFC 5321 §4.5.3.1.4 asks for 512 octets; parameters and long UTF-8 addresses need more. */
const MAX_COMMAND = 4096;

const MAX_BAD_COMMANDS = 20;

/** A transaction may take this many times `lmtp_timeout_seconds`, however its bytes trickle in. */
const TRANSACTION_TIMEOUTS = 6;

interface Transaction {
  /** Of `performance.now()`. */
  startedAt: number;
  declaredSize: number;
  recipients: Recipient[];
  /** The content so far, between BDAT chunks. */
  spool: MessageSpool | undefined;
  /** Why the message will be refused, once that is known. */
  refusal: string | undefined;
}

/** One LMTP connection (RFC 2033): reads commands, answers in order, and hands each message to delivery. */
export class LmtpSession {
  private readonly socket: Socket;
  private readonly context: LmtpContext;
  private readonly reader: SocketReader;
  private replies = '';
  private greeted = false;
  private badCommands = 0;
  private transaction: Transaction | undefined;
  private open = true;
  private delivering = false;

  constructor(socket: Socket, context: LmtpContext) {
    this.socket = socket;
    this.context = context;
    this.reader = new SocketReader(socket);
    socket.setNoDelay(true);
    socket.setTimeout(context.store.options.lmtp_timeout_seconds * 1000, () =>
      this.end('421 4.4.2 Too long without a word from you'),
    );
  }

  /** Serves the connection until it ends. */
  async run(): Promise<void> {
    this.reply(`220 ${this.context.hostname} LMTP ready`);
    while (this.open) {
      const line = await this.readLine();
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
    if (this.delivering) return;
    if (this.socket.writable) this.socket.end(`${farewell}\r\n`);
    this.reader.detach();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  private async readLine(): Promise<LmtpCommand | undefined> {
    for (let tooLong = false; ; ) {
      const end = this.reader.buffer.indexOf(10);
      if (end >= 0) {
        const line = this.reader.take(end + 1);
        if (tooLong || line.length > MAX_COMMAND) return { name: 'invalid', reply: '500 5.5.2 The line is too long' };
        // RFC 5321 §2.3.8: lines end with CRLF and nothing else.
        if (line[line.length - 2] !== 13 || line.subarray(0, -2).includes(13))
          return { name: 'invalid', reply: '500 5.5.2 Lines must end with CRLF' };
        return parseLmtpCommand(line.toString('utf8', 0, line.length - 2));
      }
      if (this.reader.buffer.length > MAX_COMMAND) {
        tooLong = true;
        this.reader.take(this.reader.buffer.length);
      }
      if (!(await this.more())) return undefined;
    }
  }

  /** Before waiting for the client, everything that it waits for goes out (RFC 2920 §3.2). */
  private async more(): Promise<boolean> {
    await this.flush();
    const more = await this.reader.more();
    const elapsed = this.transaction ? performance.now() - this.transaction.startedAt : 0;
    if (elapsed <= TRANSACTION_TIMEOUTS * this.context.store.options.lmtp_timeout_seconds * 1000) return more;
    this.end('421 4.4.2 The message takes too long');
    return false;
  }

  private reply(line: string): void {
    this.replies += `${line}\r\n`;
  }

  private async flush(): Promise<void> {
    if (this.replies === '') return;
    const replies = this.replies;
    this.replies = '';
    await writeWithBackPressure(this.socket, replies);
  }

  private async execute(command: LmtpCommand): Promise<void> {
    switch (command.name) {
      case 'LHLO':
        await this.abandon();
        this.greeted = true;
        return this.greet();
      case 'MAIL':
        return this.mail(command);
      case 'RCPT':
        return this.rcpt(command.recipient);
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
        return this.reply('214 2.0.0 LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT');
      case 'VRFY':
        // RFC 5321 §3.5.3: a server that does not want to tell who exists says 252.
        return this.reply('252 2.1.5 Send some mail, and see');
      case 'QUIT':
        this.open = false;
        return this.reply(`221 2.0.0 ${this.context.hostname} closes`);
      case 'invalid':
        this.reply(command.reply);
        if (++this.badCommands < MAX_BAD_COMMANDS) return;
        this.open = false;
        return this.reply('421 4.7.0 Too many errors');
    }
  }

  private greet(): void {
    const { lmtp_max_messagesize: size } = this.context.store.options;
    const extensions = [
      this.context.hostname,
      'PIPELINING',
      '8BITMIME',
      'SMTPUTF8',
      'ENHANCEDSTATUSCODES',
      'CHUNKING',
      `SIZE ${size}`,
    ];
    extensions.forEach((line, i) => this.reply(`250${i === extensions.length - 1 ? ' ' : '-'}${line}`));
  }

  private mail(command: { size: number | undefined }): void {
    if (!this.greeted) return this.reply('503 5.5.1 Say LHLO first');
    if (this.transaction) return this.reply('503 5.5.1 There is a sender already');
    if ((command.size ?? 0) > this.context.store.options.lmtp_max_messagesize) return this.reply(TOO_BIG);
    this.transaction = {
      startedAt: performance.now(),
      declaredSize: command.size ?? 0,
      recipients: [],
      spool: undefined,
      refusal: undefined,
    };
    this.reply('250 2.1.0 Sender ok');
  }

  private async rcpt(address: string): Promise<void> {
    const transaction = this.transaction;
    if (!transaction) return this.reply('503 5.5.1 Say MAIL first');
    if (transaction.spool) return this.reply('503 5.5.1 The message has begun');
    if (transaction.recipients.length >= this.context.store.options.lmtp_max_recipients)
      return this.reply('452 4.5.3 Too many recipients');
    try {
      const [recipient] = await this.context.directory.resolve([address]);
      if (!recipient) return this.reply(unknownUser(address));
      const size = recipient.storeSize + transaction.declaredSize;
      if (recipient.hardQuota > 0 && size >= recipient.hardQuota) return this.reply(storeFull(address));
      transaction.recipients.push(recipient);
      this.reply(`250 2.1.5 <${address}> ok`);
    } catch (error) {
      this.context.log.error({ error }, 'a recipient could not be looked up');
      this.reply(`451 4.3.0 <${address}> cannot be looked up now; try again later`);
    }
  }

  private async data(): Promise<void> {
    const transaction = this.transaction;
    if (!transaction) return this.reply('503 5.5.1 Say MAIL first');
    // RFC 2033 §4.2: without a recipient that was accepted, DATA is refused.
    if (transaction.recipients.length === 0) return this.reply('503 5.5.1 No valid recipients');
    if (transaction.spool) return this.reply('503 5.5.1 The message has begun with BDAT');
    this.reply('354 Send the message, end it with <CRLF>.<CRLF>');
    const decoder = new DataDecoder();
    for (;;) {
      if (this.reader.buffer.length === 0 && !(await this.more())) {
        this.open = false;
        return;
      }
      const { content, rest } = decoder.decode(this.reader.take(this.reader.buffer.length));
      for (const bytes of content) await this.receive(transaction, bytes);
      if (rest) {
        this.reader.buffer = rest;
        break;
      }
    }
    await this.finish(transaction);
  }

  /** RFC 3030 §2: the bytes follow the command at once, so they are taken whatever the answer will be. */
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
      if (usable) await this.receive(transaction, bytes);
    }
    if (!usable) return this.reply(transaction ? '503 5.5.1 No valid recipients' : '503 5.5.1 Say MAIL first');
    transaction.spool ??= new MessageSpool();
    if (last) await this.finish(transaction);
    else this.reply(transaction.refusal ?? `250 2.0.0 ${size} octets received`);
  }

  /** Takes content, or, once it is clear that the message will be refused, lets it pass. */
  private async receive(transaction: Transaction, bytes: Buffer): Promise<void> {
    transaction.spool ??= new MessageSpool();
    if (transaction.refusal) return;
    const { spool } = transaction;
    const { lmtp_max_messagesize, lmtp_max_line_length, lmtp_max_header_size } = this.context.store.options;
    if (spool.size + bytes.length > lmtp_max_messagesize) transaction.refusal = TOO_BIG;
    else {
      try {
        await spool.write(bytes);
      } catch (error) {
        this.context.log.error({ error }, 'the spool cannot be written');
        transaction.refusal = '451 4.3.1 No room to receive the message; try again later';
      }
    }
    if (spool.scanner.longestLine > lmtp_max_line_length)
      transaction.refusal ??= '554 5.6.0 A line of the message is too long';
    if (spool.scanner.headerSize > lmtp_max_header_size)
      transaction.refusal ??= '554 5.6.0 The header of the message is too large';
    if (transaction.refusal) await spool.dispose();
  }

  /** RFC 2033 §4.2: after the content comes one reply for each recipient that was accepted, in their order. */
  private async finish(transaction: Transaction): Promise<void> {
    const { recipients, refusal } = transaction;
    const spool = transaction.spool ?? new MessageSpool();
    if (refusal) for (const _ of recipients) this.reply(refusal);
    else {
      const started = performance.now();
      this.delivering = true;
      const delivery = {
        source: spool,
        root: spool.finish(),
        recipients,
        id: newGuid(this.context.store.clock()),
        mayBeStored: false,
      };
      const outcomes = await deliverMessage(this.context.store, delivery, (error) =>
        this.context.log.error({ error }, 'delivery failed'),
      );
      this.delivering = false;
      outcomes.forEach((outcome, i) => this.reply(replyFor(outcome, recipients[i]?.address ?? '')));
      this.context.log.info(
        {
          bytes: spool.size,
          recipients: recipients.length,
          stored: outcomes.filter((outcome) => outcome.kind === 'stored').length,
          ms: Math.round(performance.now() - started),
        },
        'delivery',
      );
    }
    await this.abandon();
  }

  private async abandon(): Promise<void> {
    const spool = this.transaction?.spool;
    this.transaction = undefined;
    await spool?.dispose();
  }
}
