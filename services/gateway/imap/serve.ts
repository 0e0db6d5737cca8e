import type { Socket } from 'node:net';
import { hostname } from 'node:os';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Session } from '../../../shared/net/session-server.ts';
import { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { connectionSession } from '../connection-session.ts';
import { capabilities } from './capabilities.ts';
import { type ReadCommand, type ReadLimits, readCommand } from './command-reader.ts';
import { COMMANDS } from './command-table.ts';
import { noResponse } from './error-responses.ts';
import type { ImapContext } from './imap-context.ts';
import { ImapSession } from './session.ts';
import { checkAccess, sendUpdates } from './untagged-updates.ts';
import { sendUpdatesUntil } from './update-loop.ts';

/** An ID of the greatest length that RFC 2971 §3.3 allows: 30 names of 30 octets and values of 1024, quoted or as literals. */
const BEFORE_LOGIN: ReadLimits = { line: 64 * 1024, literal: 8192, message: 0 };
const LINE = 64 * 1024;
const LITERAL = 64 * 1024;

/** The first change is sent at once, and changes within this time after it are sent together. */
const NOTIFY_PAUSE_MS = 40;

/** Serves IMAP (RFC 3501, RFC 9051) on a connection: reads commands, runs them one after another, and sends their responses. */
export function serveImap(socket: Socket, context: ImapContext, secure: boolean): Session {
  const session = new ImapSession(socket, context, secure);
  return connectionSession(session, () => new CommandLoop(session).run());
}

class CommandLoop {
  private readonly session: ImapSession;
  /** Syntax errors one after another. */
  private failures = 0;

  constructor(session: ImapSession) {
    this.session = session;
  }

  async run(): Promise<void> {
    const { connection, output } = this.session;
    output.respond(greeting(this.session));
    while (connection.isOpen) {
      if (!(await this.waitForCommand()) || !connection.isOpen) break;
      const command = await readCommand(connection, this.limits());
      if (command === undefined) break;
      if ('response' in command) {
        output.respond(`${command.tag} ${command.response}`);
        if (command.fatal) connection.bye('the connection cannot go on after that');
        else this.countFailure();
      } else await this.execute(command);
      connection.byeIfRevoked();
    }
    this.session.notifications?.stop();
    await connection.finish();
  }

  private limits(): ReadLimits {
    const { context, login } = this.session;
    if (!login.isLoggedIn) return BEFORE_LOGIN;
    return { line: LINE, literal: LITERAL, message: context.store.options.imap_max_messagesize };
  }

  /** Waits for the first bytes of the next command; meanwhile a client that has asked for it gets notifications (RFC 5465). */
  private async waitForCommand(): Promise<boolean> {
    const { connection, notifications, output } = this.session;
    if (!notifications || connection.reader.buffer.length > 0) return true;
    await output.flush();
    const bytes = connection.waitForBytes();
    return sendUpdatesUntil(this.session, bytes, { command: 'NOTIFY', pauseMs: NOTIFY_PAUSE_MS });
  }

  private async execute(command: ReadCommand): Promise<void> {
    const { session } = this;
    const definition = COMMANDS.get(command.name);
    session.commandAt = performance.now();
    try {
      if (!definition) throw new ImapSyntaxError(`${command.name} is not known`);
      if (!definition.states.includes(session.state)) throw new ImapSyntaxError(`${command.name} cannot be used now`);
      if (session.mailbox) await checkAccess(session);
      if (!session.connection.isOpen) return;
      const code = await definition.run(session, new Arguments(command.pieces), command);
      // RFC 3501 §7.4.1: no EXPUNGE after a command that names messages by number.
      if (session.mailbox && definition.updates !== 'own')
        await sendUpdates(
          session,
          definition.updates === 'expunge',
          definition.changes ? undefined : session.commandAt,
        );
      this.failures = 0;
      if (definition.completes)
        session.output.respond(`${command.tag} OK ${typeof code === 'string' ? `[${code}] ` : ''}${command.name} done`);
    } catch (error) {
      this.fail(command, error);
    } finally {
      for (const message of command.messages) await message.dispose();
    }
  }

  private fail(command: ReadCommand, error: unknown): void {
    const { context, output } = this.session;
    if (error instanceof ImapSyntaxError) {
      output.respond(`${command.tag} BAD ${error.message}`);
      this.countFailure();
    } else {
      this.failures = 0;
      output.respond(`${command.tag} ${noResponse(error)}`);
      if (!PamojaError.is(error) || PamojaError.is(error, 'DATABASE_ERROR', 'NETWORK_ERROR'))
        context.log.error({ error, command: command.name }, 'command failed');
    }
  }

  /** Disconnects a client after imap_max_fail_commands syntax errors in a row; a valid command between them starts the count again. */
  private countFailure(): void {
    const { connection, context } = this.session;
    if (++this.failures >= context.store.options.imap_max_fail_commands)
      connection.bye('too many commands that failed');
  }
}

function greeting(session: ImapSession): string {
  const { server_hostname, server_hostname_greeting } = session.context.store.options;
  const host = server_hostname_greeting ? ` on ${server_hostname || hostname()}` : '';
  return `* OK [CAPABILITY ${capabilities(session).join(' ')}] Pamoja IMAP ready${host}`;
}
