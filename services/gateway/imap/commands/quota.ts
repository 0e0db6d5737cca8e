import { PamojaError } from '../../../../shared/mapi/error.ts';
import { encodeString } from '../../../../shared/protocol/imap/strings.ts';
import { storeSize } from '../../../../shared/store/stores/store-size.ts';
import type { CommandHandler } from '../command.ts';
import { encodePath, ownTree, requireFolder } from '../mailbox-tree.ts';
import type { StoreTree } from '../named-folder.ts';
import type { ImapSession } from '../session.ts';

// RFC 9208: one root for the whole store, its limit that of the hard quota (manual 8.3.7). Storage is counted in units of 1,024 octets.

const OWN_ROOT = '';

export const getquotaCommand: CommandHandler = async (session, args) => {
  const root = args.astring();
  args.end();
  if (root !== OWN_ROOT) throw new PamojaError('NOT_FOUND', 'no such quota root');
  session.output.respond(await quotaLine(session, (await ownTree(session)).tree));
};

/** Mailboxes of other users and public ones do not count towards the quota of this user: they have no root. */
export const getquotarootCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const { path, tree } = await requireFolder(session, name);
  const own = tree.prefix === '';
  session.output.respond(
    `* QUOTAROOT ${encodePath(session.extensions, path)}${own ? ` ${encodeString(OWN_ROOT)}` : ''}`,
  );
  if (own) session.output.respond(await quotaLine(session, tree));
};

/** Only administrators set quotas. */
export const setquotaCommand: CommandHandler = () => {
  throw new PamojaError('NO_ACCESS', 'quotas are set by an administrator');
};

async function quotaLine(session: ImapSession, { ref, owner }: StoreTree): Promise<string> {
  const limit = owner?.hardQuota ?? 0;
  if (limit === 0) return `* QUOTA "${OWN_ROOT}" ()`;
  const used = await storeSize(session.context.store.db, ref);
  return `* QUOTA "${OWN_ROOT}" (STORAGE ${Math.ceil(used / 1024)} ${Math.floor(limit / 1024)})`;
}
