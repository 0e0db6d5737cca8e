import type { Socket } from 'node:net';
import { logIn } from '../../../shared/directory/login/login.ts';
import { LoginDelayed } from '../../../shared/directory/login/login-throttle.ts';
import type { Account } from '../../../shared/directory/sources/directory-source.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { secureSocket } from '../../../shared/net/secure-socket.ts';
import { SocketReader, writeWithBackPressure } from '../../../shared/net/socket-reader.ts';
import { Multiline, topOf } from '../../../shared/protocol/pop3/multiline.ts';
import { readPlain } from '../../../shared/protocol/sasl.ts';
import { type DropMessage, Maildrop } from './maildrop.ts';
import type { Pop3Context } from './pop3-context.ts';

/** RFC 1939 §3: at least ten minutes. */
const AUTOLOGOUT_MS = 11 * 60_000;
const LOGIN_TIMEOUT_MS = 60_000;

/** RFC 2449 §4 has 255 octets; a response of AUTH may be longer. */
const MAX_LINE = 4096;

const ACCOUNT_CHANGED = 'your account has changed: log in again';

/** How long a command may go on after the account of its session has changed. */
const FINISH_MS = 2_000;

/** What is answered with -ERR; its text may begin with a response code (RFC 2449 §8, RFC 3206). */
class Refusal extends Error {}

/** One that says nothing against the client: the message is not there. */
class NoMessage extends Refusal {}

type Command = (session: Pop3Session, argument: string) => Promise<void> | void;

/** One POP3 connection (RFC 1939): reads commands, runs them one after another, and writes what they answer. */
export class Pop3Session {
  private readonly context: Pop3Context;
  private socket: Socket;
  private reader: SocketReader;
  private secure: boolean;
  private open = true;
  private failures = 0;
  /** The account has changed: nothing more is done in its name. */
  private revoked = false;
  /** Nothing is being done or written: the session waits for its client. */
  private waiting = false;
  private output = '';
  private user: string | undefined;
  private maildrop: Maildrop | undefined;

  constructor(socket: Socket, context: Pop3Context, secure: boolean) {
    this.socket = socket;
    this.context = context;
    this.secure = secure;
    this.reader = new SocketReader(socket);
    this.prepareSocket();
  }

  /** Serves the connection until it ends. */
  async run(): Promise<void> {
    this.ok('Pamoja POP3 ready');
    while (this.open) {
      const line = await this.readLine();
      if (line === undefined) break;
      await this.execute(line);
      if (this.revoked && this.open) {
        this.open = false;
        this.respond(`-ERR [AUTH] ${ACCOUNT_CHANGED}`);
      }
    }
    await this.flush();
    this.socket.end();
    this.reader.detach();
  }

  /** Ends the connection from outside: shutdown, or silence for too long. Nothing that was marked is deleted. */
  end(farewell: string, code = 'SYS/TEMP'): void {
    if (!this.open) return;
    this.open = false;
    if (this.socket.writable) this.socket.end(`-ERR [${code}] ${farewell}\r\n`);
    this.reader.detach();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  /**
   * Ends the session of an account that has changed: at once while the client is quiet, else after the command that is being carried out. What
   * takes longer is cut off.
   */
  private revoke(): void {
    this.revoked = true;
    // RFC 3206 §4: it is the credentials that the client must look at.
    if (this.waiting) return this.end(ACCOUNT_CHANGED, 'AUTH');
    setTimeout(() => {
      if (!this.open) return;
      this.open = false;
      this.socket.destroy();
    }, FINISH_MS).unref();
  }

  get loggedIn(): boolean {
    return this.maildrop !== undefined;
  }

  private async execute(line: string): Promise<void> {
    const [, word = '', argument = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? [];
    const name = word.toUpperCase();
    const command = (this.maildrop ? TRANSACTION : AUTHORIZATION)[name];
    try {
      if (!command) throw new Refusal(name in TRANSACTION || name in AUTHORIZATION ? 'not now' : 'unknown command');
      await command(this, argument);
    } catch (error) {
      this.fail(name, error);
    }
  }

  private fail(command: string, error: unknown): void {
    if (error instanceof Refusal) {
      this.respond(`-ERR ${error.message}`);
      if (!(error instanceof NoMessage) && ++this.failures >= this.context.store.options.imap_max_fail_commands)
        this.open = false;
      return;
    }
    if (PamojaError.is(error, 'LOGON_FAILED', 'NO_ACCESS')) return this.respond(`-ERR [AUTH] ${error.message}`);
    // RFC 3206 §3: the same again, later, may succeed.
    if (error instanceof LoginDelayed) return this.respond(`-ERR [SYS/TEMP] ${error.message}`);
    this.context.log.error({ error, command }, 'command failed');
    this.respond(`-ERR [SYS/TEMP] ${PamojaError.is(error) ? error.message : 'internal error'}`);
  }

  capa(): void {
    const mayLogin = this.mayLogin();
    const delay = this.context.store.options.pop3_login_delay;
    this.multiline('capabilities follow', [
      'TOP',
      'UIDL',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
      'UTF8 USER',
      'EXPIRE NEVER',
      ...(delay > 0 ? [`LOGIN-DELAY ${delay}`] : []),
      ...(mayLogin ? ['USER', 'SASL PLAIN'] : []),
      ...(!this.secure && this.context.tls && !this.maildrop ? ['STLS'] : []),
      'IMPLEMENTATION Pamoja',
    ]);
  }

  /** No password goes over the wire in the clear unless the operator wants that. */
  private mayLogin(): boolean {
    return this.secure || !this.context.store.options.disable_plaintext_auth;
  }

  takeUser(name: string): void {
    if (!this.mayLogin()) throw new Refusal('use STLS or the TLS port first');
    if (name === '') throw new Refusal('whose mail?');
    this.user = name;
    this.ok('and the password?');
  }

  async takePassword(password: string): Promise<void> {
    const { user } = this;
    if (user === undefined) throw new Refusal('USER comes first');
    this.user = undefined;
    await this.authenticate(user, password);
  }

  /** RFC 5034 with SASL PLAIN (RFC 4616), with an initial response or without. */
  async auth(argument: string): Promise<void> {
    if (argument === '') return this.multiline('mechanisms follow', this.mayLogin() ? ['PLAIN'] : []);
    const [mechanism = '', initial] = argument.split(' ');
    if (mechanism.toUpperCase() !== 'PLAIN') throw new Refusal('that mechanism is not offered');
    if (!this.mayLogin()) throw new Refusal('use STLS or the TLS port first');
    if (initial === undefined) {
      this.respond('+ ');
      await this.flush();
    }
    const answer = initial ?? (await this.readLine());
    if (answer === undefined) return;
    if (answer === '*') throw new Refusal('cancelled');
    const plain = readPlain(Buffer.from(answer, 'base64').toString('utf8'));
    if (plain.kind === 'malformed') throw new Refusal('not a PLAIN response');
    if (plain.kind === 'other-user') throw new Refusal('[AUTH] acting for another user is not allowed');
    await this.authenticate(plain.user, plain.password);
  }

  private async authenticate(user: string, password: string): Promise<void> {
    const from = this.socket.remoteAddress ?? 'unknown';
    const account: Account = await logIn(this.context, { user, password, from, program: 'pop3' });
    await this.requireRest(account.login);
    this.maildrop = await Maildrop.open(this.context.store, { tenant: account.tenant, store: account.store });
    this.socket.setTimeout(AUTOLOGOUT_MS);
    this.context.logonTimes.loggedOn(account);
    const stop = this.context.accounts.watch(account, () => this.revoke());
    this.socket.once('close', () => {
      stop();
      this.context.logonTimes.loggedOff(account);
    });
    this.ok('logged in');
  }

  /** RFC 2449 §6.5: a program that looks for mail without end waits. A table that is unreachable keeps nobody out: the password was right. */
  private async requireRest(login: string): Promise<void> {
    const { store, loginRest, log } = this.context;
    const seconds = store.options.pop3_login_delay;
    if (seconds === 0) return;
    const rested = await loginRest.isRested(login, seconds).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'the time of the last login cannot be read');
      return true;
    });
    if (!rested) throw new Refusal('[LOGIN-DELAY] you have logged in a moment ago');
  }

  /** RFC 2595 §4: nothing that the client sent before TLS counts after it; a client that pipelined is cut off. */
  async startTls(): Promise<void> {
    const { tls } = this.context;
    if (!tls || this.secure) throw new Refusal('TLS is not to be had here');
    if (this.reader.buffer.length > 0) {
      this.open = false;
      throw new Refusal('no command may follow STLS before TLS');
    }
    this.ok('begin TLS now');
    await this.flush();
    ({ socket: this.socket, reader: this.reader } = secureSocket(this.socket, this.reader, tls));
    this.secure = true;
    this.user = undefined;
    this.prepareSocket();
  }

  /** RFC 1939 §6: only here are messages deleted. */
  async quit(): Promise<void> {
    this.open = false;
    await this.maildrop?.update();
    this.ok('see you');
  }

  get drop(): Maildrop {
    if (!this.maildrop) throw new Refusal('log in first');
    return this.maildrop;
  }

  /** The message of a number. */
  message(argument: string): { number: number; message: DropMessage } {
    const number = /^\d{1,10}$/.test(argument) ? Number(argument) : 0;
    const message = this.drop.messages[number - 1];
    if (!message || message.deleted) throw new NoMessage('no such message');
    return { number, message };
  }

  /** LIST and UIDL: a line for one message, or for all. */
  listing(argument: string, what: (message: DropMessage) => string | number): void {
    if (argument !== '') {
      const { number, message } = this.message(argument);
      return this.ok(`${number} ${what(message)}`);
    }
    this.multiline(
      'messages follow',
      this.drop.left.map(({ number, message }) => `${number} ${what(message)}`),
    );
  }

  /** RETR and TOP; `lines` of the body, or all. */
  async send({ message }: { message: DropMessage }, lines: number | undefined): Promise<void> {
    const content = await this.drop.content(message);
    if (!content) throw new NoMessage('the message has been deleted');
    const { root, size, read } = content;
    const header = { start: 0, end: root.bodyStart };
    const body = { start: root.bodyStart, end: size };
    const bytes = lines === undefined ? read({ start: 0, end: size }) : topOf(read(header), read(body), lines);
    const multiline = new Multiline();
    let begun = false;
    try {
      for await (const chunk of bytes) {
        // A storage that is away is told of before the message has begun.
        if (!begun) this.ok(lines === undefined ? `${size} octets` : 'the top follows');
        begun = true;
        await this.flush();
        await writeWithBackPressure(this.socket, multiline.encode(chunk));
        if (this.socket.destroyed) return;
      }
    } catch (error) {
      // The client waits for the rest; only the end of the connection can tell it.
      if (begun) this.socket.destroy();
      throw error;
    }
    if (!begun) this.ok('nothing follows');
    this.output += multiline.end().toString('latin1');
    if (lines === undefined) message.retrieved = true;
  }

  ok(text: string): void {
    this.respond(`+OK ${text}`);
  }

  multiline(text: string, lines: readonly string[]): void {
    this.ok(text);
    for (const line of lines) this.respond(line);
    this.respond('.');
  }

  private respond(line: string): void {
    this.output += `${line}\r\n`;
  }

  private async flush(): Promise<void> {
    if (this.output === '') return;
    const text = this.output;
    this.output = '';
    await writeWithBackPressure(this.socket, Buffer.from(text, 'utf8'));
  }

  /** A line without its end; undefined when the client has gone. Answers wait until there is nothing more to do. */
  private async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.reader.buffer.indexOf(10);
      if (end > MAX_LINE || (end < 0 && this.reader.buffer.length > MAX_LINE)) {
        this.respond('-ERR the line is too long');
        return undefined;
      }
      if (end >= 0)
        return this.reader
          .take(end + 1)
          .toString('utf8')
          .replace(/\r?\n$/, '');
      await this.flush();
      if (this.revoked) this.end(ACCOUNT_CHANGED, 'AUTH');
      if (!this.open) return undefined;
      this.waiting = true;
      const more = await this.reader.more();
      this.waiting = false;
      if (!more) return undefined;
    }
  }

  private prepareSocket(): void {
    this.socket.setNoDelay(true);
    this.socket.setTimeout(LOGIN_TIMEOUT_MS);
    this.socket.on('timeout', () => this.end('too long without a word from you'));
  }
}

/** RFC 6856: text is UTF-8 here, asked for or not. */
const utf8: Command = (session) => session.ok('UTF-8');

const AUTHORIZATION: Readonly<Record<string, Command>> = {
  CAPA: (session) => session.capa(),
  USER: (session, name) => session.takeUser(name),
  PASS: (session, password) => session.takePassword(password),
  AUTH: (session, argument) => session.auth(argument),
  STLS: (session) => session.startTls(),
  UTF8: utf8,
  QUIT: (session) => session.quit(),
};

const TRANSACTION: Readonly<Record<string, Command>> = {
  CAPA: (session) => session.capa(),
  UTF8: utf8,
  NOOP: (session) => session.ok('here'),
  STAT(session) {
    const { left } = session.drop;
    session.ok(`${left.length} ${left.reduce((sum, { message }) => sum + message.size, 0)}`);
  },
  LIST: (session, argument) => session.listing(argument, ({ size }) => size),
  UIDL: (session, argument) => session.listing(argument, ({ uniqueId }) => uniqueId),
  RETR: (session, argument) => session.send(session.message(argument), undefined),
  TOP(session, argument) {
    const [number = '', lines = ''] = argument.split(' ');
    if (!/^\d{1,9}$/.test(lines)) throw new Refusal('how many lines?');
    return session.send(session.message(number), Number(lines));
  },
  DELE(session, argument) {
    session.message(argument).message.deleted = true;
    session.ok('marked');
  },
  RSET(session) {
    for (const message of session.drop.messages) message.deleted = false;
    session.ok('nothing is marked');
  },
  QUIT: (session) => session.quit(),
};
