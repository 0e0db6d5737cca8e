import { randomBytes } from 'node:crypto';
import { otherTasks, removeTask, type TaskRow, writeTask } from '../../shared/database/soap-tasks.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { isSessionIdOf, makeSessionId } from './session-ids.ts';

/** How long a task's entry is valid; it is renewed three times as often. */
const LEASE_MS = 30_000;

/** How often, at most, the list of tasks is read again for an id that no listed task has made: guessed ids must not cause queries. */
const LIST_MS = 200;

/** A task of the store server, as registered for the others. */
export interface Task {
  id: number;
  /** Host and port where it takes calls. */
  address: string;
  /** The secret of its session ids and of the signatures on calls forwarded to it. */
  secret: Buffer;
}

export interface TaskRegistry {
  readonly own: Task;
  makeSessionId(): bigint;
  /** The other task that has made this session; undefined when no running task has. */
  ownerOf(session: bigint): Promise<Task | undefined>;
  close(): Promise<void>;
}

/** Enters this task into the list of tasks, and renews the entry until it is closed. */
export async function registerTask({ db, clock }: StoreContext, log: Log, address: string): Promise<TaskRegistry> {
  const own: Task = { id: randomBytes(4).readUInt32LE(0), address, secret: randomBytes(32) };
  const register = () => writeTask(db, { ...own, expires_at: clock() + LEASE_MS }, clock());
  await register();
  const timer = setInterval(() => {
    register().catch((error: unknown) =>
      log.warn({ error: String(error) }, 'the entry of the task could not be renewed, retrying in 10 s'),
    );
  }, LEASE_MS / 3);
  const others = othersOf({ db, clock }, own);
  return {
    own,
    makeSessionId: () => makeSessionId(own.secret),
    ownerOf: others,
    async close() {
      clearInterval(timer);
      await removeTask(db, own.id).catch((error: unknown) =>
        log.warn({ error: String(error) }, 'the task could not be removed from the list of tasks, its entry expires'),
      );
    },
  };
}

function othersOf(
  { db, clock }: Pick<StoreContext, 'db' | 'clock'>,
  own: Task,
): (session: bigint) => Promise<Task | undefined> {
  let known: TaskRow[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    readAt = clock();
    known = await otherTasks(db, own.id);
  };
  const find = (session: bigint) =>
    known.find(({ secret, expires_at }) => expires_at > clock() && isSessionIdOf(secret, session));
  return async (session) => {
    const owner = find(session);
    if (owner) return owner;
    if (!reading && clock() - readAt >= LIST_MS)
      reading = read().finally(() => {
        reading = undefined;
      });
    await reading;
    return find(session);
  };
}
