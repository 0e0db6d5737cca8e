import { createSocket } from 'node:dgram';
import type { AccountSignal } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { StoreId } from './ids.ts';

/** How long a writer trusts what it has read of the registry. */
const REGISTRY_CACHE_MS = 1000;

/** Signals within this time after another one are sent as one batch, in milliseconds. */
const GATHER_MS = 5;

/** Store and account ids that one datagram carries. */
const PER_DATAGRAM = 100;

/**
 * Signals changes to the listening tasks after a commit: one datagram with the ids of the changed stores to every address in the
 * registry table (DESIGN decision 6). A lost signal costs nothing but time, since listeners also poll.
 */
export function createChangeSignal(
  db: Database,
  clock: Clock,
  log: Log,
): {
  signalChanges: (stores: readonly StoreId[]) => void;
  /** Signals changed accounts in the same way. */
  signalAccounts: (signals: readonly AccountSignal[]) => void;
  /** Sends what has not been sent yet, then closes the socket. */
  close: () => Promise<void>;
} {
  const socket = createSocket('udp4');
  socket.on('error', (error) => log.warn({ error }, 'change signal: socket error'));
  socket.unref();
  let listeners: { address: string; port: number }[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const pending = new Set<StoreId | AccountSignal>();
  let waiting = false;
  /** No further signals are taken; those that were are still sent. */
  let closed = false;
  let ended = false;
  let sending: Promise<unknown> = Promise.resolve();

  const refresh = async () => {
    try {
      const rows = await db.selectFrom('listeners').select('address').where('expires_at', '>', clock()).execute();
      listeners = rows.map(({ address }) => ({
        address: address.slice(0, address.lastIndexOf(':')),
        port: Number(address.slice(address.lastIndexOf(':') + 1)),
      }));
      readAt = clock();
    } catch (error) {
      log.warn(
        { error },
        'change signal: the registry of listeners cannot be read; listeners find the change by polling',
      );
    } finally {
      reading = undefined;
    }
  };

  /** Resolves once the datagrams have been sent; polling makes up for a lost one. */
  const send = async (stores: readonly (StoreId | AccountSignal)[]): Promise<void> => {
    const sent: Promise<void>[] = [];
    for (let i = 0; i < stores.length; i += PER_DATAGRAM) {
      const datagram = Buffer.from(stores.slice(i, i + PER_DATAGRAM).join(' '));
      for (const { address, port } of listeners)
        sent.push(new Promise((resolve) => socket.send(datagram, port, address, () => resolve())));
    }
    sending = Promise.all([sending, ...sent]);
    await sending;
  };

  const sendPending = () => {
    if (closed || pending.size === 0) return;
    const stores = [...pending];
    pending.clear();
    if (clock() - readAt < REGISTRY_CACHE_MS) return send(stores);
    reading ??= refresh();
    reading.then(() => {
      if (!ended) send(stores);
    });
  };

  /** Sends right after the current turn of the event loop; signals of the following moment are sent as one batch. */
  const sendSoon = () => {
    if (pending.size === 0 || waiting || closed) return;
    waiting = true;
    setImmediate(sendPending);
    setTimeout(() => {
      waiting = false;
      sendSoon();
    }, GATHER_MS);
  };

  const signal = (changed: readonly (StoreId | AccountSignal)[]) => {
    for (const each of changed) pending.add(each);
    sendSoon();
  };
  return {
    signalChanges: signal,
    signalAccounts: signal,
    async close() {
      closed = true;
      const last = [...pending];
      pending.clear();
      // A command ends right after its commit, when it has not read the registry yet.
      if (last.length > 0 && clock() - readAt >= REGISTRY_CACHE_MS) reading ??= refresh();
      await reading;
      await send(last);
      ended = true;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
