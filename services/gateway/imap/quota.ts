import { KopanoError } from '../../../shared/mapi/error.ts';
import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import { storeSize } from '../../../shared/store/store-size.ts';
import type { CommandHandler } from './commands.ts';
import { encodePath, requireFolder } from './folder-names.ts';
import type { ImapSession } from './session.ts';

// RFC 9208: one root for the whole store, its limit that of the hard quota (manual 8.3.7). Storage is counted in units of 1,024 octets.

const ROOT = '';

export const getQuota: CommandHandler = async (session, _tag, args) => {
  const root = args.astring();
  args.end();
  if (root !== ROOT) throw new KopanoError('NOT_FOUND', 'no such quota root');
  session.respond(await quotaLine(session));
};

export const getQuotaRoot: CommandHandler = async (session, _tag, args) => {
  const name = args.astring();
  args.end();
  const { path } = await requireFolder(session.context.store, session.ref, name);
  session.respond(`* QUOTAROOT ${encodeString(encodePath(path))} "${ROOT}"`);
  session.respond(await quotaLine(session));
};

/** Quotas are the administrators' to set. */
export const setQuota: CommandHandler = () => {
  throw new KopanoError('NO_ACCESS', 'quotas are set by an administrator');
};

async function quotaLine(session: ImapSession): Promise<string> {
  const limit = session.account?.hardQuota ?? 0;
  if (limit === 0) return `* QUOTA "${ROOT}" ()`;
  const used = await storeSize(session.context.store.db, session.ref);
  return `* QUOTA "${ROOT}" (STORAGE ${Math.ceil(used / 1024)} ${Math.floor(limit / 1024)})`;
}
