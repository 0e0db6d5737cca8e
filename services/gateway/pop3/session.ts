import type { Socket } from 'node:net';
import { ClientConnection, type ConnectionProtocol } from '../client-connection.ts';
import { LoginState } from '../login-state.ts';
import type { ResponseWriter } from '../response-writer.ts';
import type { DropMessage, Maildrop } from './maildrop.ts';
import type { Pop3Context } from './pop3-context.ts';
import { NoSuchMessage, Pop3Error } from './pop3-error.ts';

/** RFC 1939 §3: at least ten minutes. */
const AUTOLOGOUT_MS = 11 * 60_000;

/** RFC 6856: text is UTF-8. RFC 3206: AUTH says that the credentials are the problem, SYS/TEMP that the same may succeed later. */
const POP3: ConnectionProtocol = {
  encoding: 'utf8',
  farewell: (text, reason) => `-ERR [${reason === 'credentials' ? 'AUTH' : 'SYS/TEMP'}] ${text}`,
};

/** A message with its number in the maildrop. */
export interface NumberedMessage {
  number: number;
  message: DropMessage;
}

/** The state of one POP3 connection, in parts. */
export class Pop3Session {
  readonly context: Pop3Context;
  readonly connection: ClientConnection;
  readonly output: ResponseWriter;
  readonly login: LoginState;
  /** The name that USER has given, until PASS. */
  user: string | undefined;
  /** Undefined in the AUTHORIZATION state (RFC 1939 §4). */
  maildrop: Maildrop | undefined;

  constructor(socket: Socket, context: Pop3Context, secure: boolean) {
    this.context = context;
    this.connection = new ClientConnection(socket, secure, POP3);
    this.output = this.connection.output;
    this.login = new LoginState(context, this.connection, AUTOLOGOUT_MS);
  }

  /** Throws Pop3Error before the login. */
  requireMaildrop(): Maildrop {
    if (!this.maildrop) throw new Pop3Error('log in first');
    return this.maildrop;
  }

  /** The message that an argument names. Throws NoSuchMessage. */
  message(argument: string): NumberedMessage {
    const number = /^\d{1,10}$/.test(argument) ? Number(argument) : 0;
    const message = this.requireMaildrop().messages[number - 1];
    if (!message || message.deleted) throw new NoSuchMessage('no such message');
    return { number, message };
  }

  ok(text: string): void {
    this.output.respond(`+OK ${text}`);
  }

  /** A multi-line response (RFC 1939 §3); no line begins with a dot. */
  multiline(text: string, lines: readonly string[]): void {
    this.ok(text);
    for (const line of lines) this.output.respond(line);
    this.output.respond('.');
  }
}
