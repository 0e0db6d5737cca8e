import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { newFlagLines } from './mailbox-flags.ts';
import { rightsNow } from './mailbox-tree.ts';
import { expungeLines, stateLine } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';

/**
 * Sends the changes of the selected mailbox since the last call. `expunge`: EXPUNGE responses are allowed. `since` (performance.now): later
 * changes may wait for the next command.
 */
export async function sendUpdates(session: ImapSession, expunge: boolean, since?: number): Promise<void> {
  const { extensions, mailbox, notifications, output } = session;
  if (!mailbox) return;
  const searches = [...mailbox.searches.values()];
  const changes = await mailbox.sync(expunge, since, (gone) => {
    for (const search of searches) for (const line of search.remove(gone)) output.respond(line);
  });
  for (const line of expungeLines(changes.expunged, extensions.has('QRESYNC'))) output.respond(line);
  // RFC 3501 §7.3.1: EXISTS after every change in the number of messages that is not an EXPUNGE.
  if (changes.added.length > 0) output.respond(`* ${mailbox.uids.length} EXISTS`);
  if (changes.added.length > 0 && !extensions.rev2) output.respond(`* ${mailbox.recentCount} RECENT`);
  for (const line of newFlagLines(mailbox, [...changes.added, ...changes.changed])) output.respond(line);
  const modseq = extensions.has('CONDSTORE');
  for (const state of changes.changed) output.respond(stateLine(mailbox, state, modseq));
  await notifications?.sendNewMessages(mailbox, changes.added);
  for (const search of searches) for (const line of await search.update(changes)) output.respond(line);
}

/** Sends what a client gets between its commands: changes of its mailbox in IDLE, and of others after NOTIFY. */
export async function sendUpdatesBetweenCommands(session: ImapSession): Promise<void> {
  await checkAccess(session);
  if (!session.connection.isOpen) return;
  if (session.notifications) await session.notifications.send();
  else await sendUpdates(session, true);
}

/** Calls back when there may be changes to send between commands; gives a function that ends that. */
export function watchForUpdates(session: ImapSession, wake: () => void): () => void {
  const { context, login, mailbox, notifications } = session;
  const store = login.isLoggedIn ? (mailbox?.ref ?? login.ref).store : undefined;
  const stores = new Set([...(store ? [store] : []), ...(notifications?.stores ?? [])]);
  const stops = [...stores].map((each) => context.listener.watch(each, wake));
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Ends the session where its mailbox belongs to another user who has revoked the right to read: RFC 4314 has no response for it.
 */
export async function checkAccess(session: ImapSession): Promise<void> {
  const entry = session.mailbox?.entry;
  if (!entry || entry.tree.prefix === '') return;
  const rights = await rightsNow(session, entry);
  entry.rights = rights;
  if (!(rights & RIGHT.READ)) session.connection.end('You may not read this mailbox any more');
}
