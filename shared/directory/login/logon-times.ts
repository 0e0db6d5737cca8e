import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TenantId, UserId } from '../../store/engine/ids.ts';
import { withLockedStores } from '../../store/engine/store-lock.ts';
import { storeIdOfUser } from '../../store/stores/store-ids-of-user.ts';

/** The user who logs on or off. */
export interface LogonOf {
  tenant: TenantId;
  user: UserId;
}

/** The interval of writes: many clients log on for every check of their mail. */
const WRITE_MS = 5 * 60_000;

/** Collects when users have last logged on and off (PR_LAST_LOGON_TIME, PR_LAST_LOGOFF_TIME), and writes that every five minutes and at the end. */
export class LogonTimes {
  private readonly db: Database;
  private readonly clock: Clock;
  private readonly timer: NodeJS.Timeout;
  private waiting = new Map<string, LogonOf & { on: number; off: number }>();

  constructor(db: Database, clock: Clock, onError: (error: unknown) => void) {
    this.db = db;
    this.clock = clock;
    this.timer = setInterval(() => void this.write().catch(onError), WRITE_MS);
    this.timer.unref();
  }

  loggedOn(user: LogonOf): void {
    this.of(user).on = this.clock();
  }

  loggedOff(user: LogonOf): void {
    this.of(user).off = this.clock();
  }

  private of({ tenant, user }: LogonOf): { on: number; off: number } {
    const key = `${tenant} ${user}`;
    const times = this.waiting.get(key) ?? { tenant, user, on: 0, off: 0 };
    this.waiting.set(key, times);
    return times;
  }

  /** Writes the collected times. */
  async write(): Promise<void> {
    const all = this.waiting;
    this.waiting = new Map();
    for (const { tenant, user, on, off } of all.values()) {
      const store = await storeIdOfUser(this.db, tenant, user);
      if (store === undefined) continue;
      await inTransaction(this.db, (tx) =>
        withLockedStores({ tx }, tenant, [store], async ([locked]) =>
          locked?.update({
            // Another task may have written a later time.
            logon_at: sql<number>`GREATEST(\`logon_at\`, ${on})`,
            logoff_at: sql<number>`GREATEST(\`logoff_at\`, ${off})`,
          }),
        ),
      );
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }
}
