import { describe, expect, it } from 'vitest';
import type { ImapContext } from '../../../../services/gateway/imap/imap-context.ts';
import { serveImap } from '../../../../services/gateway/imap/serve.ts';
import { silentLog } from '../../../../shared/platform/log.ts';
import { settle, TestSocket } from '../test-socket.ts';

/** A session before its login, which needs no database. */
async function connect(options: Record<string, unknown> = {}) {
  const socket = new TestSocket();
  const context = {
    store: {
      options: {
        server_hostname: 'mail.example',
        server_hostname_greeting: false,
        imap_max_fail_commands: 3,
        disable_plaintext_auth: true,
        ...options,
      },
    },
    log: silentLog,
    authenticators: [],
    tls: undefined,
  } as unknown as ImapContext;
  const session = serveImap(socket.asSocket(), context, false);
  const over = session.run();
  await settle();
  const greeting = socket.received();
  return {
    session,
    socket,
    greeting,
    over,
    async send(text: string): Promise<string> {
      socket.send(text);
      for (let turn = 0; turn < 5; turn++) await settle();
      return socket.received();
    },
  };
}

describe('an IMAP session', () => {
  it('greets with its capabilities, and with its host where that is configured', async () => {
    expect((await connect()).greeting).toMatch(
      /^\* OK \[CAPABILITY IMAP4rev1 .*LOGINDISABLED\] Pamoja IMAP ready\r\n$/,
    );
    expect((await connect({ server_hostname_greeting: true })).greeting).toContain('ready on mail.example');
  });

  it('answers pipelined commands in their order', async () => {
    const { send } = await connect();
    expect(await send('a1 NOOP\r\na2 ID NIL\r\n')).toBe(
      'a1 OK NOOP done\r\n* ID ("name" "Pamoja")\r\na2 OK ID done\r\n',
    );
  });

  it('refuses commands of another state and arguments that a command does not take', async () => {
    const { send } = await connect();
    expect(await send('a1 SELECT INBOX\r\n')).toMatch(/^a1 BAD /);
    expect(await send('a2 NOOP now\r\n')).toMatch(/^a2 BAD /);
  });

  it('takes no password in the clear (RFC 5530)', async () => {
    const { send } = await connect();
    expect(await send('a1 LOGIN anna pass\r\n')).toMatch(/^a1 NO \[PRIVACYREQUIRED\]/);
  });

  it('ends after so many syntax errors in a row, and not after as many in a long session', async () => {
    const { send, over } = await connect();
    for (const tag of ['a1', 'a2']) expect(await send(`${tag} WHAT\r\n`)).toBe(`${tag} BAD WHAT is not known\r\n`);
    await send('a3 NOOP\r\n');
    for (const tag of ['a4', 'a5']) await send(`${tag} WHAT\r\n`);
    expect(await send('a6 WHAT\r\n')).toBe('a6 BAD WHAT is not known\r\n* BYE too many commands that failed\r\n');
    await over;
  });

  it('ends with LOGOUT, the BYE before the OK', async () => {
    const { send, over, socket } = await connect();
    expect(await send('a1 LOGOUT\r\na2 NOOP\r\n')).toMatch(/^\* BYE [^\r]+\r\na1 OK LOGOUT done\r\n$/);
    await over;
    expect(socket.writableEnded).toBe(true);
  });

  it('says farewell when the service shuts down', async () => {
    const { session, socket, over } = await connect();
    session.end('The service is shutting down');
    await over;
    expect(socket.received()).toBe('* BYE The service is shutting down\r\n');
  });
});
