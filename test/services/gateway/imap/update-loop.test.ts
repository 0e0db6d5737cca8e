import { describe, expect, it } from 'vitest';
import type { ImapContext } from '../../../../services/gateway/imap/imap-context.ts';
import { ImapSession } from '../../../../services/gateway/imap/session.ts';
import { sendUpdatesUntil } from '../../../../services/gateway/imap/update-loop.ts';
import { settle, TestSocket } from '../test-socket.ts';

/** A session that has asked for notifications: each time that it looks, it sends what `changes` gives. */
function waiting(changes: () => string | Error | undefined) {
  const socket = new TestSocket();
  const wakers = new Set<() => void>();
  const warnings: string[] = [];
  const context = {
    listener: {
      watch(_store: number, wake: () => void) {
        wakers.add(wake);
        return () => wakers.delete(wake);
      },
    },
    log: { warn: (_fields: unknown, text: string) => warnings.push(text) },
  } as unknown as ImapContext;
  const session = new ImapSession(socket.asSocket(), context, true);
  session.notifications = {
    stores: new Set([7]) as never as ReadonlySet<never>,
    async send() {
      const change = changes();
      if (change instanceof Error) throw change;
      if (change) session.output.respond(change);
    },
    async sendNewMessages() {},
    stop() {},
  };
  let end: (line: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const loop = sendUpdatesUntil(session, ended, { command: 'IDLE', pauseMs: 0 });
  const signal = async () => {
    for (const wake of wakers) wake();
    for (let turn = 0; turn < 3; turn++) await settle();
  };
  return { socket, wakers, warnings, loop, end, signal };
}

describe('a client that waits', () => {
  it('gets earlier changes at once, and then each change as it is signalled', async () => {
    const lines = ['* 1 EXISTS', '* 2 EXISTS'];
    const { socket, loop, end, signal } = waiting(() => lines.shift());
    await settle();
    expect(socket.received()).toBe('* 1 EXISTS\r\n');
    await signal();
    expect(socket.received()).toBe('* 2 EXISTS\r\n');
    end('DONE');
    expect(await loop).toBe('DONE');
  });

  it('is watched for no longer than it waits', async () => {
    const { wakers, loop, end } = waiting(() => undefined);
    await settle();
    expect(wakers.size).toBe(1);
    end('DONE');
    await loop;
    expect(wakers.size).toBe(0);
  });

  it('goes on waiting when changes cannot be read, which is logged', async () => {
    const results = [new Error('the database is unreachable'), '* 1 EXISTS'];
    const { socket, warnings, loop, end, signal } = waiting(() => results.shift());
    await settle();
    expect(warnings).toEqual(['IDLE: reading changes failed, retrying in 2 s']);
    await signal();
    expect(socket.received()).toBe('* 1 EXISTS\r\n');
    end('DONE');
    await loop;
  });
});
