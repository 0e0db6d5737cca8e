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
  const stores = new WatchedStores(db);
  const accountWatchers = new Set<(signals: readonly AccountSignal[]) => void>();
  const socket = await bind(host);
  socket.on('message', (datagram) => {
    const words = datagram.toString('latin1').split(' ');
    const signals = words.filter((word): word is AccountSignal => /^[ut]\d{1,16}$/.test(word));
    if (signals.length > 0) for (const call of accountWatchers) call(signals);
    for (const word of words) if (/^\d{1,16}$/.test(word)) stores.wake(Number(word) as StoreId);
  });
  socket.on('error', (error) => log.warn({ error }, 'the socket of the change listener failed'));
  const address = `${host}:${socket.address().port}`;

  const register = async () => {
    await db.deleteFrom('listeners').where('expires_at', '<', clock()).execute();
    const expires_at = clock() + LEASE_MS;
    await db.insertInto('listeners').values({ address, expires_at }).onDuplicateKeyUpdate({ expires_at }).execute();
  };
  await register();
  const timers = [
    setInterval(onceAtATime(register, log, 'the registry of listeners cannot be written'), LEASE_MS / 3),
    setInterval(
      onceAtATime(() => stores.poll(), log, 'the change numbers of watched stores cannot be read'),
      POLL_MS,
    ),
  ];

  return {
    watch: (store, call) => stores.watch(store, call),
    watchAccounts(call) {
      accountWatchers.add(call);
      return () => void accountWatchers.delete(call);
    },
    async close() {
      timers.forEach(clearInterval);
      socket.close();
      try {
        await db.deleteFrom('listeners').where('address', '=', address).execute();
      } catch (error) {
        log.warn({ error }, 'the listener stays in the registry until its entry expires');
      }
    },
  };
}

/** Stores that sessions of this process watch, and the change numbers that they were seen with. */
class WatchedStores {
  private readonly watchers = new Map<StoreId, Set<() => void>>();
  private readonly seen = new Map<StoreId, number>();
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  wake(store: StoreId): void {
    for (const call of this.watchers.get(store) ?? []) call();
  }

  /** Watches stores; gives the function that ends the watch. */
  watch(store: StoreId, call: () => void): () => void {
    const calls = this.watchers.get(store) ?? new Set();
    this.watchers.set(store, calls.add(call));
    return () => {
      calls.delete(call);
      if (calls.size > 0) return;
      this.watchers.delete(store);
      this.seen.delete(store);
    };
  }

  /** Wakes the watchers of stores whose change number is not what it was at the last poll. */
  async poll(): Promise<void> {
    const stores = [...this.watchers.keys()];
    for (let i = 0; i < stores.length; i += 1000) {
      // Store ids come from sessions that were let in; this reads no tenant's data, only that something changed.
      const rows = await this.db
        .selectFrom('stores')
        .select(['id', 'change_seq'])
        .where('id', 'in', stores.slice(i, i + 1000))
        .execute();
      for (const row of rows) this.see(row.id as StoreId, row.change_seq);
    }
  }

  private see(store: StoreId, seq: number): void {
    const before = this.seen.get(store);
    if (this.watchers.has(store)) this.seen.set(store, seq);
    if (before !== undefined && before !== seq) this.wake(store);
  }
}

/** Runs work unless it is still running; logs its failure, after which it is tried at the next tick. */
function onceAtATime(work: () => Promise<void>, log: Log, failure: string): () => Promise<void> {
  let running = false;
  return async () => {
    if (running) return;
    running = true;
    try {
      await work();
    } catch (error) {
      log.warn({ error: String(error) }, failure);
    } finally {
      running = false;
    }
  };
}

function bind(host: string): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, () => resolve(socket));
  });
}
