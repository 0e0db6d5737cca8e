import { describe, expect, it } from 'vitest';
import { AUTHORIZATION, TRANSACTION } from '../../../../services/gateway/pop3/command-table.ts';
import { type DropMessage, Maildrop } from '../../../../services/gateway/pop3/maildrop.ts';
import type { Pop3Context } from '../../../../services/gateway/pop3/pop3-context.ts';
import { Pop3Session } from '../../../../services/gateway/pop3/session.ts';
import { TestSocket } from '../test-socket.ts';

const message = (uid: number, size: number): DropMessage =>
  ({ uid, size, uniqueId: `id${uid}`, deleted: false, retrieved: false }) as DropMessage;

/** A session with three messages in its maildrop; `run` gives the response to a command. */
function session(options: Record<string, unknown> = {}) {
  const socket = new TestSocket();
  const context = { store: { options: { disable_plaintext_auth: true, pop3_login_delay: 0, ...options } } };
  const pop = new Pop3Session(socket.asSocket(), context as unknown as Pop3Context, false);
  const run = async (line: string, table = TRANSACTION) => {
    const [name = '', ...rest] = line.split(' ');
    await table[name]?.(pop, rest.join(' '));
    await pop.output.flush();
    return socket.received();
  };
  const drop = [message(4, 100), message(7, 20), message(9, 3)];
  pop.maildrop = new Maildrop(context.store as never, {} as never, 1 as never, drop);
  return { run, drop, pop };
}

describe('a maildrop', () => {
  it('has numbers from 1 on, sizes and unique ids', async () => {
    const { run } = session();
    expect(await run('STAT')).toBe('+OK 3 123\r\n');
    expect(await run('LIST')).toMatch(/^\+OK [^\r]+\r\n1 100\r\n2 20\r\n3 3\r\n\.\r\n$/);
    expect(await run('UIDL 2')).toBe('+OK 2 id7\r\n');
  });

  it('hides messages that are marked as deleted, and does not renumber the others (RFC 1939 §5)', async () => {
    const { run } = session();
    await run('DELE 2');
    expect(await run('STAT')).toBe('+OK 2 103\r\n');
    expect(await run('UIDL')).toMatch(/\r\n1 id4\r\n3 id9\r\n\.\r\n$/);
    await expect(run('LIST 2')).rejects.toThrow('no such message');
    await expect(run('DELE 2')).rejects.toThrow('no such message');
    expect(await run('LIST 3')).toBe('+OK 3 3\r\n');
  });

  it('has all of it again after RSET', async () => {
    const { run } = session();
    await run('DELE 1');
    await run('RSET');
    expect(await run('STAT')).toBe('+OK 3 123\r\n');
  });

  it('refuses unknown message numbers, and arguments that are no number', async () => {
    const { run } = session();
    for (const wrong of ['0', '4', '-1', '1x', '99999999999'])
      await expect(run(`DELE ${wrong}`)).rejects.toThrow('no such message');
  });

  it('TOP needs a number of lines', async () => {
    await expect(session().run('TOP 1')).rejects.toThrow('number of lines');
  });
});

describe('CAPA (RFC 2449)', () => {
  it('offers a login only where passwords may be sent', async () => {
    expect(await session().run('CAPA', AUTHORIZATION)).not.toMatch(/\r\nUSER\r\n|SASL/);
    const open = await session({ disable_plaintext_auth: false }).run('CAPA', AUTHORIZATION);
    expect(open).toMatch(/\r\nUSER\r\nSASL PLAIN\r\n/);
  });

  it('has the delay between logins where there is one', async () => {
    expect(await session({ pop3_login_delay: 60 }).run('CAPA')).toContain('\r\nLOGIN-DELAY 60\r\n');
    expect(await session().run('CAPA')).not.toContain('LOGIN-DELAY');
  });
});

it('a password is taken only over TLS, and only after a name', async () => {
  await expect(session().run('USER anna', AUTHORIZATION)).rejects.toThrow('STLS');
  await expect(session({ disable_plaintext_auth: false }).run('PASS pass', AUTHORIZATION)).rejects.toThrow(
    'USER comes first',
  );
});
