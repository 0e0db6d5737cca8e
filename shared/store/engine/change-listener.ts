import { createSocket, type Socket } from 'node:dgram';
import type { AccountSignal } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { StoreId } from './ids.ts';

/** How long a listener's entry in the registry is valid, in milliseconds; it is renewed three times as often. */
const LEASE_MS = 30_000;

/** Calls back when a store may have changed: at once on a change signal (change-signal.ts), and within a second by polling. */
export interface ChangeListener {
  watch(store: StoreId, wake: () => void): () => void;
  /** Calls back with the accounts that a change signal names. Nothing polls for them here. */
  watchAccounts(call: (signals: readonly AccountSignal[]) => void): () => void;
  close(): Promise<void>;
}

const POLL_MS = 1000;

/** Listens for change signals on a free port of `host` and enters it in the registry; polls the watched stores' change numbers once a second. */
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
