import { PamojaError } from '../../shared/mapi/error.ts';
import type { ServerContext } from './context.ts';
import { callerOf } from './logon.ts';
import type { Session } from './session.ts';

/** What a session knows of its user's groups and companies is no older than this. */
const FRESH_MS = 4_000;

/**
 * Reads again what groups the caller is in, what companies see and administer each other: who is taken out of a group, or whose company may not
 * see another one any more, loses that within seconds in the sessions that are open. Throws END_OF_SESSION for a user who is gone.
 */
export async function refreshCaller(context: ServerContext, session: Session): Promise<void> {
  const now = context.store.clock();
  if (session.caller.system || now - session.refreshedAt < FRESH_MS) return;
  // Calls that come meanwhile wait for it: none goes on with what was known before. What could not be read is read by the next call.
  session.refreshing ??= readCaller(context, session, now).finally(() => {
    session.refreshing = undefined;
  });
  await session.refreshing;
}

async function readCaller(context: ServerContext, session: Session, now: number): Promise<void> {
  const { caller } = session;
  const fresh = await callerOf(context, { tenant: caller.tenant, id: caller.user }, caller.accounts).catch(
    (error: unknown) => {
      if (PamojaError.is(error, 'NOT_FOUND')) throw new PamojaError('END_OF_SESSION', 'the user is gone');
      throw error;
    },
  );
  const { scope, administers, groups } = fresh;
  Object.assign(caller, { scope, administers, groups });
  session.refreshedAt = now;
}
