import { createSocket, type Socket } from 'node:dgram';
import type { AccountSignal } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { StoreId } from './ids.ts';

/** A listener's entry in the registry is good for this long; it is renewed three times as often. */
const LEASE_MS = 30_000;

/** How long a writer trusts what it has read of the registry. */
const REGISTRY_CACHE_MS = 1000;

/** Rings that follow another within this time go out together. */
const GATHER_MS = 5;

/** Store numbers that one datagram carries. */
const PER_DATAGRAM = 100;

/**
 * Rings the listening tasks after a commit: one datagram with the numbers of the changed stores to every address in the
 * registry table (DESIGN decision 6). A lost ring costs nothing but time, since listeners also poll.
 */
export function createChangeSignal(
  db: Database,
  clock: Clock,
  log: Log,
): {
  ring: (stores: readonly StoreId[]) => void;
  /** Tells of accounts that have changed in the same way. */
  signalAccounts: (signals: readonly AccountSignal[]) => void;
  /** Tells what is still to be told, and ends. */
  close: () => Promise<void>;
} {
  const socket = createSocket('udp4');
  socket.on('error', (error) => log.warn({ error }, 'bell socket'));
  socket.unref();
  let listeners: { address: string; port: number }[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const ringing = new Set<StoreId | AccountSignal>();
  let waiting = false;
  /** Nothing new is told; what has been begun is. */
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
      log.warn({ error }, 'bell registry cannot be read');
    } finally {
      reading = undefined;
    }
  };

  /** Resolves once the datagrams have gone; one that is lost is made up for by polling. */
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

  const ringNow = () => {
    if (closed || ringing.size === 0) return;
    const stores = [...ringing];
    ringing.clear();
    if (clock() - readAt < REGISTRY_CACHE_MS) return send(stores);
    reading ??= refresh();
    reading.then(() => {
      if (!ended) send(stores);
    });
  };

  /** Sends as soon as who has written has gone on, and what comes in the moment after that together. */
  const ringSoon = () => {
    if (ringing.size === 0 || waiting || closed) return;
    waiting = true;
    setImmediate(ringNow);
    setTimeout(() => {
      waiting = false;
      ringSoon();
    }, GATHER_MS);
  };

  const ring = (changed: readonly (StoreId | AccountSignal)[]) => {
    for (const each of changed) ringing.add(each);
    ringSoon();
  };
  return {
    ring,
    signalAccounts: ring,
    async close() {
      closed = true;
      const last = [...ringing];
      ringing.clear();
      // A command ends as soon as it has written: it has not yet read who listens.
      if (last.length > 0 && clock() - readAt >= REGISTRY_CACHE_MS) reading ??= refresh();
      await reading;
      await send(last);
      ended = true;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** Calls back when a store may have changed: on a ring at once, and at the latest a second after by polling. */
export interface ChangeListener {
  watch(store: StoreId, wake: () => void): () => void;
  /** Calls back with the accounts that a ring says have changed. Nothing polls for them here. */
  watchAccounts(call: (signals: readonly AccountSignal[]) => void): () => void;
  close(): Promise<void>;
}

const POLL_MS = 1000;

/** Listens for rings on a port of `host` and enters it in the registry; polls the watched stores' change numbers once a second. */
export async function listenForChanges(db: Database, clock: Clock, log: Log, host: string): Promise<ChangeListener> {
  const watchers = new Map<StoreId, Set<() => void>>();
  const seen = new Map<StoreId, number>();
  const accountWatchers = new Set<(signals: readonly AccountSignal[]) => void>();
  const wake = (store: StoreId) => {
    for (const call of watchers.get(store) ?? []) call();
  };
  const socket = await bind(host);
  socket.on('message', (datagram) => {
    const words = datagram.toString('latin1').split(' ');
    const signals = words.filter((word): word is AccountSignal => /^[ut]\d{1,16}$/.test(word));
    if (signals.length > 0) for (const call of accountWatchers) call(signals);
    for (const word of words) if (/^\d{1,16}$/.test(word)) wake(Number(word) as StoreId);
  });
  socket.on('error', (error) => log.warn({ error }, 'change listener socket'));
  const address = `${host}:${socket.address().port}`;

  const register = async () => {
    await db.deleteFrom('listeners').where('expires_at', '<', clock()).execute();
    const expires_at = clock() + LEASE_MS;
    await db.insertInto('listeners').values({ address, expires_at }).onDuplicateKeyUpdate({ expires_at }).execute();
  };
  const poll = async () => {
    const stores = [...watchers.keys()];
    for (let i = 0; i < stores.length; i += 1000) {
      // Store numbers come from sessions that were let in; this reads no tenant's data, only that something changed.
      const rows = await db
        .selectFrom('stores')
        .select(['id', 'change_seq'])
        .where('id', 'in', stores.slice(i, i + 1000))
        .execute();
      for (const row of rows) {
        const store = row.id as StoreId;
        const before = seen.get(store);
        if (watchers.has(store)) seen.set(store, row.change_seq);
        if (before !== undefined && before !== row.change_seq) wake(store);
      }
    }
  };
  const guarded = (what: string, work: () => Promise<void>) => {
    let running = false;
    return async () => {
      if (running) return;
      running = true;
      await work().catch((error: unknown) => log.warn({ error: String(error) }, what));
      running = false;
    };
  };
  await register();
  const timers = [
    setInterval(guarded('listener registration', register), LEASE_MS / 3),
    setInterval(guarded('change poll', poll), POLL_MS),
  ];

  return {
    watch(store, call) {
      const calls = watchers.get(store) ?? new Set();
      watchers.set(store, calls.add(call));
      return () => {
        calls.delete(call);
        if (calls.size > 0) return;
        watchers.delete(store);
        seen.delete(store);
      };
    },
    watchAccounts(call) {
      accountWatchers.add(call);
      return () => void accountWatchers.delete(call);
    },
    async close() {
      timers.forEach(clearInterval);
      socket.close();
      await db
        .deleteFrom('listeners')
        .where('address', '=', address)
        .execute()
        .catch(() => {});
    },
  };
}

function bind(host: string): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, () => resolve(socket));
  });
}
