import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { StoreRef } from '../../../shared/store/engine/ids.ts';
import type { FolderEntry } from '../../../shared/store/folders/folder.ts';
import { deletedTotals, deletedUids } from '../../../shared/store/messages/deleted-totals.ts';
import { countRecent } from '../../../shared/store/messages/recent-uid.ts';
import { encodePath } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';
import { mailboxId } from './object-ids.ts';
import type { ImapSession } from './session.ts';

interface Counted extends FolderEntry {
  deleted: Awaited<ReturnType<typeof deletedTotals>> | undefined;
  recent: number;
}

/** The items of STATUS (RFC 3501 §6.3.10, RFC 7162, RFC 8438, RFC 9208), nearly all of them from the folder's counters. */
const ITEMS: Record<string, (folder: Counted, session: ImapSession) => number | string | undefined> = {
  MESSAGES: (folder) => folder.messages,
  RECENT: ({ recent }) => recent,
  UIDNEXT: (folder) => folder.uidNext,
  UIDVALIDITY: (folder) => folder.uidValidity,
  UNSEEN: (folder) => folder.unseen,
  SIZE: (folder) => folder.size,
  HIGHESTMODSEQ: (folder) => Math.max(folder.highestModseq, 1),
  MAILBOXID: (folder) => `(${mailboxId(folder)})`,
  APPENDLIMIT: (_, { context }) => context.store.options.imap_max_messagesize,
  DELETED: ({ deleted }) => deleted?.messages,
  'DELETED-STORAGE': ({ deleted }) => deleted?.size,
};

/** Parses `(item *(SP item))`. */
export function parseStatusItems(args: Arguments): string[] {
  const items = args.list(() => args.atom().toUpperCase());
  if (items.length === 0 || items.some((item) => !(item in ITEMS))) throw new ImapSyntaxError('not a status item');
  return items;
}

/** The STATUS response for a mailbox. */
export async function statusLine(
  session: ImapSession,
  { path, folder, tree }: NamedFolder,
  items: readonly string[],
): Promise<string> {
  if (items.includes('HIGHESTMODSEQ')) session.enable('CONDSTORE');
  const wantsDeleted = items.some((item) => item.startsWith('DELETED'));
  const { store, indexes } = session.context;
  const index = wantsDeleted ? await indexes.open(tree.ref, folder.id, folder.highestModseq) : undefined;
  const deleted = index && (await deletedTotals(store.db, tree.ref, folder.id, deletedUids(index.all())));
  const recent = items.includes('RECENT') ? await recentOf(session, folder, tree.ref) : 0;
  const values = items.map((item) => `${item} ${ITEMS[item]?.({ ...folder, deleted, recent }, session)}`);
  return `* STATUS ${encodePath(session.extensions, path)} (${values.join(' ')})`;
}

/** RFC 3501 §6.3.10: the messages that no session has claimed as \Recent, and of the selected mailbox those that this session has. */
async function recentOf(
  { context, extensions, mailbox }: ImapSession,
  folder: FolderEntry,
  ref: StoreRef,
): Promise<number> {
  if (extensions.rev2 || folder.recentUid === null) return 0;
  const selected = mailbox?.folder === folder.id && !mailbox.readOnly ? mailbox.recentCount : 0;
  if (folder.recentUid >= folder.uidNext - 1) return selected;
  return selected + (await countRecent(context.store.db, ref, folder.id, folder.recentUid));
}
