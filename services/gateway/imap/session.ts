import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import type { Account } from '../../../shared/directory/sources/directory-source.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { secureSocket } from '../../../shared/net/secure-socket.ts';
import { SocketReader, writeWithBackPressure } from '../../../shared/net/socket-reader.ts';
import { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { withoutNul } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { StoreRef } from '../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { capabilitiesOf } from './capabilities.ts';
import { type ReadCommand, readCommand } from './command-reader.ts';
import { COMMANDS, type SessionState } from './command-table.ts';
import type { Extension } from './commands/enable.ts';
import { compressConnection, endWith } from './compression.ts';
import { noResponse } from './error-responses.ts';
import type { ImapContext } from './imap-context.ts';
import { newFlagLines } from './mailbox-flags.ts';
import { rightsNow } from './mailbox-tree.ts';
import type { Notifications } from './notifications.ts';
import { goneLines, type SelectedMailbox, stateLine } from './selected-mailbox.ts';
import { tellWhileWaiting } from './update-loop.ts';

/** What an ID of the greatest length that RFC 2971 §3.3 allows takes: 30 names of 30 octets and values of 1024, quoted or as literals. */
const BEFORE_LOGIN = { line: 64 * 1024, literal: 8192, message: 0 };
const LINE = 64 * 1024;
const LITERAL = 64 * 1024;

/** RFC 3501 §5.4: at least 30 minutes once logged in. */
const AUTOLOGOUT_MS = 31 * 60_000;
const LOGIN_TIMEOUT_MS = 60_000;

const ACCOUNT_CHANGED = 'Your account has changed: log in again';

/** How long a command may go on after the account of its session has changed. */
const FINISH_MS = 2_000;

/** One IMAP connection (RFC 3501): reads commands, runs them one after another, and writes what they answer. */
export class ImapSession {
  readonly context: ImapContext;
  account: Account | undefined;
  mailbox: SelectedMailbox | undefined;
  /** What the client wants to hear of between its commands (RFC 5465). */
  notifications: Notifications | undefined;
  /** What the client has enabled (RFC 5161), by a command of that name or by using it. */
  readonly enabled = new Set<Extension>();
  private socket: Socket;
  /** Where answers go: the socket, or what compresses for it. */
  private sink: Writable;
  private reader: SocketReader;
  private output: string[] = [];
  private outputLength = 0;
  private open = true;
  /** When the command that is being carried out came, by performance.now: what it reads is no older. */
  commandAt = 0;
  /** Commands that were none, one after another. */
  private failures = 0;
  /** The account has changed: nothing more is done in its name. */
  private revoked = false;
  /** Nothing is being done or written: the session waits for its client. */
  private waiting = false;
  private secure: boolean;

  constructor(socket: Socket, context: ImapContext, secure: boolean) {
    this.socket = socket;
    this.sink = socket;
    this.context = context;
    this.secure = secure;
    this.reader = new SocketReader(socket);
    this.prepareSocket(LOGIN_TIMEOUT_MS);
  }

  /** Serves the connection until it ends. */
  async run(): Promise<void> {
    const { server_hostname, server_hostname_greeting } = this.context.store.options;
    const host = server_hostname_greeting ? ` on ${server_hostname || hostname()}` : '';
    this.respond(`* OK [CAPABILITY ${this.capabilities()}] Pamoja IMAP ready${host}`);
    while (this.open) {
      const limits = this.account
        ? { line: LINE, literal: LITERAL, message: this.context.store.options.imap_max_messagesize }
        : BEFORE_LOGIN;
      if (!(await this.waitForCommand()) || !this.open) break;
      const source = {
        reader: this.reader,
        more: () => this.more(),
        respond: (line: string) => this.respondNow(line),
      };
      const command = await readCommand(source, limits);
      if (command === undefined) break;
      if ('response' in command) {
        this.respond(`${command.tag} ${command.response}`);
        if (command.fatal) this.bye('the connection cannot go on after that');
        else this.countFailure();
      } else await this.execute(command);
      if (this.revoked && this.open) this.bye(ACCOUNT_CHANGED);
    }
    this.notifications?.stop();
    await this.flush();
    this.sink.end();
    this.reader.detach();
  }

  /** Ends the connection from outside: shutdown, or silence for too long. */
  end(farewell: string): void {
    if (!this.open) return;
    this.open = false;
    endWith(this.sink, `* BYE ${farewell}\r\n`);
    this.reader.detach();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  /**
   * Ends the session of an account that has changed: at once while the client is quiet, else after the command that is being carried out, since
   * a BYE in the middle of a literal would be part of it. What takes longer is cut off.
   */
  private revoke(): void {
    this.revoked = true;
    if (this.waiting) return this.end(ACCOUNT_CHANGED);
    setTimeout(() => {
      if (this.open) this.abort();
    }, FINISH_MS).unref();
  }

  get state(): SessionState {
    if (!this.account) return 'not-authenticated';
    return this.mailbox ? 'selected' : 'authenticated';
  }

  get loggedIn(): boolean {
    return this.account !== undefined;
  }

  get isSecure(): boolean {
    return this.secure;
  }

  get remoteAddress(): string {
    return this.socket.remoteAddress ?? 'unknown';
  }

  /** The store of the user who has logged in. */
  get ref(): StoreRef {
    const { tenant, store } = this.requireAccount();
    return { tenant, store };
  }

  requireAccount(): Account {
    if (!this.account) throw new PamojaError('NO_ACCESS', 'log in first');
    return this.account;
  }

  /** Whether the client speaks IMAP4rev2 (RFC 9051). */
  get rev2(): boolean {
    return this.enabled.has('IMAP4REV2');
  }

  /** Whether mailbox names go over the wire in UTF-8. */
  get utf8(): boolean {
    return this.rev2 || this.enabled.has('UTF8=ACCEPT');
  }

  capabilities(): string {
    return capabilitiesOf(this).join(' ');
  }

  /** RFC 7162 §3.2.3: who wants QRESYNC wants CONDSTORE too. */
  enable(extension: Extension): void {
    const first = !this.enabled.has('CONDSTORE');
    this.enabled.add(extension);
    if (extension === 'QRESYNC') this.enabled.add('CONDSTORE');
    // RFC 7162 §3.1: who asks for modseqs with a mailbox selected is told where the mailbox stands.
    if (first && this.mailbox && this.enabled.has('CONDSTORE'))
      this.respond(`* OK [HIGHESTMODSEQ ${this.mailbox.highestModseq}] every change has its number`);
  }

  /** No password goes over the wire in the clear unless the operator wants that. */
  mayLogin(): boolean {
    return this.secure || !this.context.store.options.disable_plaintext_auth;
  }

  /** Queues a line, its characters latin1. */
  respond(line: string): void {
    this.output.push(withoutNul(line), '\r\n');
    this.outputLength += line.length + 2;
  }

  /** Whether so much is queued that it should go out before more is. */
  get isFull(): boolean {
    return this.outputLength > 64 * 1024;
  }

  /** Sends what is queued once it is large, and waits while the client does not read. */
  async respondInBatches(): Promise<void> {
    if (this.isFull) await this.flush();
  }

  async respondNow(line: string): Promise<void> {
    this.respond(line);
    await this.flush();
  }

  /** Sends raw bytes, of a literal8 where a NUL may be among them, after what is queued. */
  async sendBytes(bytes: Buffer): Promise<void> {
    await this.flush();
    await writeWithBackPressure(this.sink, bytes);
  }

  /** Queues characters without a line end. */
  respondPart(text: string): void {
    this.output.push(withoutNul(text));
    this.outputLength += text.length;
  }

  async flush(): Promise<void> {
    if (this.outputLength === 0) return;
    const bytes = Buffer.from(this.output.join(''), 'latin1');
    this.output = [];
    this.outputLength = 0;
    await writeWithBackPressure(this.sink, bytes);
  }

  /** Whether the client has gone, so that a long answer can stop. */
  get gone(): boolean {
    return this.socket.destroyed;
  }

  /** Cuts the connection off at once. */
  abort(): void {
    this.open = false;
    this.output = [];
    this.outputLength = 0;
    this.socket.destroy();
  }

  bye(reason: string): void {
    this.respond(`* BYE ${reason}`);
    this.open = false;
  }

  authenticated(account: Account): void {
    this.account = account;
    this.failures = 0;
    this.socket.setTimeout(AUTOLOGOUT_MS);
    this.context.logonTimes.loggedOn(account);
    const stop = this.context.accounts.watch(account, () => this.revoke());
    this.socket.once('close', () => {
      stop();
      this.context.logonTimes.loggedOff(account);
    });
  }

  /** Reads a line that is no command (a SASL answer, DONE); undefined when the client has gone. */
  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.reader.buffer.indexOf(10);
      if (end >= 0)
        return this.reader
          .take(end + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '');
      if (this.reader.buffer.length > 8192) {
        this.bye('the line is too long');
        return undefined;
      }
      if (!(await this.more())) return undefined;
    }
  }

  /** Waits for bytes from the client. */
  async more(): Promise<boolean> {
    await this.flush();
    return this.awaitBytes();
  }

  /** Waits for bytes, and says so: what comes meanwhile from elsewhere may end the session. */
  private async awaitBytes(): Promise<boolean> {
    if (this.revoked) this.end(ACCOUNT_CHANGED);
    if (!this.open) return false;
    this.waiting = true;
    try {
      return await this.reader.more();
    } finally {
      this.waiting = false;
    }
  }

  /** RFC 3501 §6.2.1: nothing that the client sent before TLS counts after it; a client that pipelined is cut off. */
  async startTls(tag: string): Promise<void> {
    const { tls } = this.context;
    if (!tls || this.secure) return this.respond(`${tag} BAD TLS is not to be had here`);
    if (this.reader.buffer.length > 0) return this.bye('no command may follow STARTTLS before TLS');
    await this.respondNow(`${tag} OK Begin TLS now`);
    ({ socket: this.socket, reader: this.reader } = secureSocket(this.socket, this.reader, tls));
    this.sink = this.socket;
    this.secure = true;
    this.prepareSocket(LOGIN_TIMEOUT_MS);
  }

  get isCompressed(): boolean {
    return this.sink !== this.socket;
  }

  /** RFC 4978: from here on both sides compress. */
  async compress(tag: string): Promise<void> {
    await this.respondNow(`${tag} OK DEFLATE active`);
    this.reader.detach();
    const { input, output } = compressConnection(this.socket, this.reader.buffer);
    this.reader = new SocketReader(input);
    this.sink = output;
  }

  private prepareSocket(timeoutMs: number): void {
    this.socket.setNoDelay(true);
    this.socket.setTimeout(timeoutMs);
    this.socket.on('timeout', () => this.end('Too long without a word from you'));
  }

  private async execute(command: ReadCommand): Promise<void> {
    const definition = COMMANDS.get(command.name);
    this.commandAt = performance.now();
    try {
      if (!definition) throw new ImapSyntaxError(`${command.name} is not known`);
      if (!definition.states.includes(this.state)) throw new ImapSyntaxError(`${command.name} cannot be used now`);
      if (this.mailbox) await this.checkAccess();
      if (!this.open) return;
      const code = await definition.run(this, command.tag, new Arguments(command.pieces), command);
      // A command that talks to clients about messages by number must not renumber them.
      if (this.mailbox && definition.sync !== 'own')
        await this.tellChanges(definition.sync === 'expunge', definition.changes ? undefined : this.commandAt);
      this.failures = 0;
      if (definition.completes)
        this.respond(`${command.tag} OK ${typeof code === 'string' ? `[${code}] ` : ''}${command.name} done`);
    } catch (error) {
      this.fail(command, error);
    } finally {
      for (const message of command.messages) await message.dispose();
    }
  }

  /** Tells the client what has changed in its mailbox since the last time; what has changed after `since` may wait. */
  async tellChanges(expunge: boolean, since?: number): Promise<void> {
    const { mailbox } = this;
    if (!mailbox) return;
    const searches = [...mailbox.searches.values()];
    const news = await mailbox.sync(expunge, since, (gone) => {
      for (const search of searches) for (const line of search.remove(mailbox, gone)) this.respond(line);
    });
    for (const line of goneLines(news.gone, this.enabled.has('QRESYNC'))) this.respond(line);
    // RFC 3501 §7.3.1: EXISTS after every change in the number of messages that is not an EXPUNGE.
    if (news.added.length > 0) this.respond(`* ${mailbox.uids.length} EXISTS`);
    if (news.added.length > 0 && !this.rev2) this.respond(`* ${mailbox.recentCount} RECENT`);
    for (const line of newFlagLines(mailbox, [...news.added, ...news.changed])) this.respond(line);
    const modseq = this.enabled.has('CONDSTORE');
    for (const state of news.changed) this.respond(stateLine(mailbox, state, modseq));
    await this.notifications?.tellNew(mailbox, news.added);
    for (const search of searches) for (const line of await search.update(this, mailbox, news)) this.respond(line);
  }

  /** Tells what a client hears of between its commands: of its mailbox in IDLE, and of others where it has asked for that. */
  async tellNews(): Promise<void> {
    await this.checkAccess();
    if (!this.open) return;
    if (this.notifications) await this.notifications.tell();
    else await this.tellChanges(true);
  }

  /** Calls back when something may have changed that the client is told of between commands; gives what ends that. */
  watchNews(wake: () => void): () => void {
    const store = this.account && (this.mailbox ?? this).ref.store;
    const stores = new Set([...(store ? [store] : []), ...(this.notifications?.stores ?? [])]);
    const stops = [...stores].map((each) => this.context.listener.watch(each, wake));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Waits for the first bytes of the next command; meanwhile a client that has asked for it is told what happens (RFC 5465). */
  private async waitForCommand(): Promise<boolean> {
    if (!this.notifications || this.reader.buffer.length > 0) return true;
    await this.flush();
    return tellWhileWaiting(this, this.awaitBytes());
  }

  /** Somebody else's mailbox is open for as long as its owner wants; who has lost the right is cut off (RFC 4314 knows no answer for it). */
  private async checkAccess(): Promise<void> {
    const entry = this.mailbox?.entry;
    if (!entry || entry.tree.prefix === '') return;
    const rights = await rightsNow(this, entry);
    entry.rights = rights;
    if (!(rights & RIGHT.READ)) this.end('You may not read this mailbox any more');
  }

  private fail(command: ReadCommand, error: unknown): void {
    if (error instanceof ImapSyntaxError) {
      this.respond(`${command.tag} BAD ${error.message}`);
      this.countFailure();
    } else {
      this.failures = 0;
      this.respond(`${command.tag} ${noResponse(error)}`);
      if (!PamojaError.is(error) || PamojaError.is(error, 'DATABASE_ERROR', 'NETWORK_ERROR'))
        this.context.log.error({ error, command: command.name }, 'command failed');
    }
  }

  /** imap_max_fail_commands: a client that only makes mistakes is cut off; one that makes some in a long life is not. */
  private countFailure(): void {
    if (++this.failures >= this.context.store.options.imap_max_fail_commands) this.bye('too many commands that failed');
  }
}
