import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serveSessions } from '../../../shared/net/session-server.ts';
import { UnauthenticatedLimit, type UnauthenticatedLimits } from '../../../shared/net/unauthenticated-limit.ts';
import { silentLog } from '../../../shared/platform/log.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server whose clients log in by sending a byte. */
async function serve(limits: UnauthenticatedLimits) {
  const lines: unknown[] = [];
  const log = { ...silentLog, warn: (fields: unknown) => void lines.push(fields) } as typeof silentLog;
  const unauthenticated = new UnauthenticatedLimit(log, limits);
  const open = (socket: Socket) => {
    const session = {
      loggedIn: false,
      end: (farewell: string) => void socket.end(`BYE ${farewell}`),
      async run() {
        await once(socket, 'data');
        session.loggedIn = true;
        socket.write('OK');
        await once(socket, 'close');
      },
    };
    return session;
  };
  const { accept } = serveSessions(open, log, unauthenticated);
  const server = createServer(accept);
  unauthenticated.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closers.push(() => server.close());
  const client = async (localAddress = '127.0.0.1'): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => {});
    closers.push(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const logIn = async (socket: Socket): Promise<void> => {
    socket.write('x');
    await once(socket, 'data');
  };
  const isOpen = async (socket: Socket): Promise<boolean> => {
    socket.resume();
    await sleep(50);
    return !socket.destroyed;
  };
  return { client, logIn, isOpen, lines };
}

describe('connections without a login', () => {
  it('are few from one address, and others come in all the same; it is noted once', async () => {
    const { client, isOpen, lines } = await serve({ perAddress: 3, total: 100, loginMs: 0 });
    const first = [await client(), await client(), await client()];
    for (let i = 0; i < 5; i++) expect(await isOpen(await client())).toBe(false);
    expect(await isOpen(await client('127.0.0.2'))).toBe(true);
    for (const socket of first) expect(await isOpen(socket)).toBe(true);
    expect(lines).toMatchObject([{ audit: true, from: '127.0.0.1' }]);
    first[0]?.destroy();
    await vi.waitFor(async () => expect(await isOpen(await client())).toBe(true));
  });

  it('do not count once they have logged in', async () => {
    const { client, logIn, isOpen } = await serve({ perAddress: 2, total: 3, loginMs: 0 });
    const users: Socket[] = [];
    for (let i = 0; i < 6; i++) {
      const socket = await client();
      await logIn(socket);
      users.push(socket);
    }
    for (const user of users) expect(await isOpen(user)).toBe(true);
  });

  it('make room for newer ones when there are too many in all, the oldest first', async () => {
    const { client, logIn, isOpen } = await serve({ perAddress: 10, total: 3, loginMs: 0 });
    const user = await client('127.0.0.9');
    await logIn(user);
    const unauthenticated = [];
    for (let i = 1; i <= 4; i++) unauthenticated.push(await client(`127.0.0.${i}`));
    expect(await isOpen(unauthenticated[0] as Socket)).toBe(false);
    for (const stranger of unauthenticated.slice(1)) expect(await isOpen(stranger)).toBe(true);
    expect(await isOpen(user)).toBe(true);
  });

  it('end after a time, unless they have logged in', async () => {
    const { client, logIn, isOpen } = await serve({ perAddress: 10, total: 10, loginMs: 1000 });
    const user = await client();
    await logIn(user);
    const stranger = await client();
    stranger.setEncoding('utf8');
    const [farewell] = await once(stranger, 'data');
    expect(farewell).toBe('BYE Too long without a login');
    expect(await isOpen(user)).toBe(true);
  });

  it('beyond the total are answered "try later", and existing connections stay', async () => {
    const { client, isOpen } = await serve({ perAddress: 100, total: 2, loginMs: 0, refusal: '421 later' });
    const [first, second] = [await client(), await client()];
    const third = await client();
    const [answer] = (await once(third, 'data')) as [Buffer];
    expect(answer.toString()).toBe('421 later\r\n');
    expect(await isOpen(third)).toBe(false);
    expect([await isOpen(first), await isOpen(second)]).toEqual([true, true]);
  });
});
