import { createSocket } from 'node:dgram';
import type { AccountSignal } from '../../database/account-signals.ts';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { StoreId } from './ids.ts';

/** How long a writer trusts what it has read of the registry, in milliseconds. */
const REGISTRY_CACHE_MS = 1000;

/** Signals within this time after another one are sent as one batch, in milliseconds. */
const GATHER_MS = 5;

/** Store and account ids that one datagram carries. */
const PER_DATAGRAM = 100;

/** Signals what a transaction has changed to all tasks that listen (docs/decisions/0002-change-signal.md). */
export interface ChangeSignal {
  signalChanges: (stores: readonly StoreId[]) => void;
  /** Signals changed accounts in the same way. */
  signalAccounts: (signals: readonly AccountSignal[]) => void;
  /** Sends what has not been sent yet, then closes the socket. */
  close: () => Promise<void>;
}

/**
 * Signals changes to the listening tasks after a commit: one datagram with the ids of the changed stores to every address in the
 * registry table (DESIGN decision 6). A lost signal costs nothing but time, since listeners also poll.
 */
export function createChangeSignal(db: Database, clock: Clock, log: Log): ChangeSignal {
  const listeners = new Listeners(db, clock, log);
  const datagrams = new Datagrams(log);
  const pending = new Set<StoreId | AccountSignal>();
  let waiting = false;
  /** No further signals are taken; those that were are still sent. */
  let closed = false;
  let ended = false;

  const sendPending = async () => {
    if (closed || pending.size === 0) return;
    const ids = takeAll(pending);
    if (!listeners.areCurrent()) await listeners.read();
    if (!ended) await datagrams.send(ids, listeners.addresses);
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
      const last = takeAll(pending);
      // A command ends right after its commit, when it has not read the registry yet.
      if (last.length > 0 && !listeners.areCurrent()) await listeners.read();
      await listeners.reading;
      await datagrams.send(last, listeners.addresses);
      ended = true;
      await datagrams.close();
    },
  };
}

function takeAll<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}

interface Address {
  address: string;
  port: number;
}

/** The registry of listening tasks, as it was read last. */
class Listeners {
  addresses: Address[] = [];
  reading: Promise<void> | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private readonly db: Database;
  private readonly clock: Clock;
  private readonly log: Log;

  constructor(db: Database, clock: Clock, log: Log) {
    this.db = db;
    this.clock = clock;
    this.log = log;
  }

  areCurrent(): boolean {
    return this.clock() - this.readAt < REGISTRY_CACHE_MS;
  }

  /** Reads the registry, once for all who ask at the same time. Never rejects. */
  read(): Promise<void> {
    this.reading ??= this.refresh().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async refresh(): Promise<void> {
    try {
      const live = this.db.selectFrom('listeners').select('address').where('expires_at', '>', this.clock());
      this.addresses = (await live.execute()).map(({ address }) => ({
        address: address.slice(0, address.lastIndexOf(':')),
        port: Number(address.slice(address.lastIndexOf(':') + 1)),
      }));
      this.readAt = this.clock();
    } catch (error) {
      this.log.warn({ error }, 'the registry of listeners cannot be read; listeners find the change by polling');
    }
  }
}

/** The socket that signals are sent from. */
class Datagrams {
  private readonly socket = createSocket('udp4');
  private sending: Promise<unknown> = Promise.resolve();

  constructor(log: Log) {
    this.socket.on('error', (error) => log.warn({ error }, 'the socket of the change signal failed'));
    this.socket.unref();
  }

  /** Resolves once these datagrams and all before them have been sent; polling makes up for a lost one. */
  async send(ids: readonly (StoreId | AccountSignal)[], to: readonly Address[]): Promise<void> {
    const sent: Promise<void>[] = [];
    for (let i = 0; i < ids.length; i += PER_DATAGRAM) {
      const datagram = Buffer.from(ids.slice(i, i + PER_DATAGRAM).join(' '));
      for (const { address, port } of to)
        sent.push(new Promise((resolve) => this.socket.send(datagram, port, address, () => resolve())));
    }
    this.sending = Promise.all([this.sending, ...sent]);
    await this.sending;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(resolve));
  }
}
