import type { Socket } from 'node:net';
import { LoginDelayed } from '../../../shared/directory/login/login-throttle.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Session } from '../../../shared/net/session-server.ts';
import { connectionSession } from '../connection-session.ts';
import { readCommandLine } from './command-line.ts';
import { AUTHORIZATION, TRANSACTION } from './command-table.ts';
import type { Pop3Context } from './pop3-context.ts';
import { NoSuchMessage, Pop3Error } from './pop3-error.ts';
import { Pop3Session } from './session.ts';

/** Serves POP3 (RFC 1939) on a connection: reads commands, runs them one after another, and sends their responses. */
export function servePop3(socket: Socket, context: Pop3Context, secure: boolean): Session {
  const session = new Pop3Session(socket, context, secure);
  return connectionSession(session, () => new CommandLoop(session).run());
}

class CommandLoop {
  private readonly session: Pop3Session;
  private failures = 0;

  constructor(session: Pop3Session) {
    this.session = session;
  }

  async run(): Promise<void> {
    const { connection } = this.session;
    this.session.ok('Pamoja POP3 ready');
    while (connection.isOpen) {
      const line = await readCommandLine(this.session);
      if (line === undefined) break;
      await this.execute(line);
      connection.byeIfRevoked();
    }
    await connection.finish();
  }

  private async execute(line: string): Promise<void> {
    const [, word = '', argument = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? [];
    const name = word.toUpperCase();
    const command = (this.session.maildrop ? TRANSACTION : AUTHORIZATION)[name];
    try {
      if (!command) throw new Pop3Error(name in TRANSACTION || name in AUTHORIZATION ? 'not now' : 'unknown command');
      await command(this.session, argument);
    } catch (error) {
      this.fail(name, error);
    }
  }

  private fail(command: string, error: unknown): void {
    const { connection, context, output } = this.session;
    if (error instanceof Pop3Error) {
      output.respond(`-ERR ${error.message}`);
      if (!(error instanceof NoSuchMessage) && ++this.failures >= context.store.options.imap_max_fail_commands)
        connection.stop();
      return;
    }
    if (PamojaError.is(error, 'LOGON_FAILED', 'NO_ACCESS')) return output.respond(`-ERR [AUTH] ${error.message}`);
    // RFC 3206 §3: the same may succeed later.
    if (error instanceof LoginDelayed) return output.respond(`-ERR [SYS/TEMP] ${error.message}`);
    context.log.error({ error, command }, 'command failed');
    output.respond(`-ERR [SYS/TEMP] ${PamojaError.is(error) ? error.message : 'internal error'}`);
  }
}
