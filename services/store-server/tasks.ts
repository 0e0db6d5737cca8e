import { randomBytes } from 'node:crypto';
import type { Log } from '../../shared/platform/log.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { isSessionIdOf, makeSessionId } from './session-ids.ts';

/** A task's entry is good for this long, and renewed three times as often. */
const LEASE_MS = 30_000;

/** The list of tasks is read again for an id that none of them has made, at most this often: guesses must not become queries. */
const LIST_MS = 200;

/** A task of the store server, as the others know it. */
export interface Task {
  id: number;
  /** Where it takes calls: host and port. */
  address: string;
  /** What it marks the ids of its sessions with, and what calls that are passed on to it are signed with. */
  secret: Buffer;
}

export interface TaskRegistry {
  readonly own: Task;
  makeSessionId(): bigint;
  /** The other task that has made this session; undefined when there is none, or it has gone. */
  ownerOf(session: bigint): Promise<Task | undefined>;
  close(): Promise<void>;
}

/** Writes this task into the list of tasks, and keeps it there until it is closed. */
export async function registerTask({ db, clock }: StoreContext, log: Log, address: string): Promise<TaskRegistry> {
  const own: Task = { id: randomBytes(4).readUInt32LE(0), address, secret: randomBytes(32) };
  const register = async () => {
    await db.deleteFrom('soap_tasks').where('expires_at', '<', clock()).execute();
    const row = { address, secret: own.secret, expires_at: clock() + LEASE_MS };
    await db
      .insertInto('soap_tasks')
      .values({ id: own.id, ...row })
      .onDuplicateKeyUpdate(row)
      .execute();
  };
  await register();
  const timer = setInterval(() => {
    register().catch((error: unknown) => log.warn({ error: String(error) }, 'task registration'));
  }, LEASE_MS / 3);
  const others = othersOf({ db, clock }, own);
  return {
    own,
    makeSessionId: () => makeSessionId(own.secret),
    ownerOf: others,
    async close() {
      clearInterval(timer);
      await db
        .deleteFrom('soap_tasks')
        .where('id', '=', own.id)
        .execute()
        .catch((error: unknown) =>
          log.warn({ error: String(error) }, 'the task could not be taken off the list of tasks'),
        );
    },
  };
}

function othersOf(
  { db, clock }: Pick<StoreContext, 'db' | 'clock'>,
  own: Task,
): (session: bigint) => Promise<Task | undefined> {
  let known: (Task & { expires_at: number })[] = [];
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async () => {
    readAt = clock();
    // A task of the version before has no secret, and its sessions are its own.
    const rows = await db.selectFrom('soap_tasks').selectAll().where('id', '!=', own.id).execute();
    known = rows.flatMap(({ secret, ...row }) => (secret ? [{ ...row, secret }] : []));
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
