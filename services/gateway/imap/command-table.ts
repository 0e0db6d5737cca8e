import type { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import type { ReadCommand } from './command-reader.ts';
import { deleteAcl, getAcl, listRights, myRights, setAcl } from './commands/acl.ts';
import { append, replace } from './commands/append.ts';
import { authenticate, login } from './commands/authenticate.ts';
import { capability, comparator, compress, id, logout, namespace, noop, startTls } from './commands/capability.ts';
import { copy, move } from './commands/copy.ts';
import { create, remove, rename } from './commands/create.ts';
import { enable } from './commands/enable.ts';
import { check, close, expunge, uidExpunge, unselect } from './commands/expunge.ts';
import { idle } from './commands/idle.ts';
import { list, lsub } from './commands/list.ts';
import { getMetadata, setMetadata } from './commands/metadata.ts';
import { getQuota, getQuotaRoot, setQuota } from './commands/quota.ts';
import { select } from './commands/select.ts';
import { sort } from './commands/sort.ts';
import { status } from './commands/status.ts';
import { store } from './commands/store.ts';
import { thread } from './commands/thread.ts';
import { fetch } from './fetch/fetch-responses.ts';
import { notify } from './notifications.ts';
import { cancelUpdate } from './search/search-context.ts';
import { search } from './search/search-mailbox.ts';
import type { ImapSession } from './session.ts';
import { subscribe, unsubscribe } from './subscriptions.ts';

export type SessionState = 'not-authenticated' | 'authenticated' | 'selected';

/** Carries out a command; a response code that it gives, as text, is told with the tagged OK. */
export type CommandHandler = (session: ImapSession, tag: string, args: Arguments, command: ReadCommand) => unknown;

export interface CommandDefinition {
  states: readonly SessionState[];
  run: CommandHandler;
  /**
   * What the client may be told after it: `expunge` everything, `keep-numbers` all but EXPUNGE (RFC 3501 §7.4.1),
   * `own` nothing, because the command does that itself or has no business with it.
   */
  sync: 'expunge' | 'keep-numbers' | 'own';
  /** Whether the session answers with the tagged OK. */
  completes: boolean;
  /** Whether it changes anything that its own client must be told of at once. */
  changes: boolean;
}

const ANY: SessionState[] = ['not-authenticated', 'authenticated', 'selected'];
const LOGGED_OUT: SessionState[] = ['not-authenticated'];
const LOGGED_IN: SessionState[] = ['authenticated', 'selected'];
const SELECTED: SessionState[] = ['selected'];

const define = (
  states: SessionState[],
  run: CommandHandler,
  sync: CommandDefinition['sync'],
  completes: boolean,
): CommandDefinition => ({ states, run, sync, completes, changes: true });

/** One that changes nothing but what it tells of itself: what comes after it may be told after the next. */
const reads = (run: CommandHandler, sync: CommandDefinition['sync']): CommandDefinition => ({
  ...define(SELECTED, run, sync, true),
  changes: false,
});

/** Every command, where it is allowed and what follows it. */
export const COMMANDS: ReadonlyMap<string, CommandDefinition> = new Map([
  ['CAPABILITY', define(ANY, capability, 'own', true)],
  ['NOOP', define(ANY, noop, 'expunge', true)],
  ['LOGOUT', define(ANY, logout, 'own', true)],
  ['ID', define(ANY, id, 'own', true)],
  ['STARTTLS', define(LOGGED_OUT, startTls, 'own', false)],
  ['LOGIN', define(LOGGED_OUT, login, 'own', false)],
  ['AUTHENTICATE', define(LOGGED_OUT, authenticate, 'own', false)],
  ['COMPRESS', define(LOGGED_IN, compress, 'own', false)],
  ['ENABLE', define(LOGGED_IN, enable, 'own', true)],
  ['GETQUOTA', define(LOGGED_IN, getQuota, 'expunge', true)],
  ['GETQUOTAROOT', define(LOGGED_IN, getQuotaRoot, 'expunge', true)],
  ['SETQUOTA', define(LOGGED_IN, setQuota, 'expunge', true)],
  ['GETACL', define(LOGGED_IN, getAcl, 'expunge', true)],
  ['SETACL', define(LOGGED_IN, setAcl, 'expunge', true)],
  ['DELETEACL', define(LOGGED_IN, deleteAcl, 'expunge', true)],
  ['LISTRIGHTS', define(LOGGED_IN, listRights, 'expunge', true)],
  ['MYRIGHTS', define(LOGGED_IN, myRights, 'expunge', true)],
  ['GETMETADATA', define(LOGGED_IN, getMetadata, 'expunge', true)],
  ['SETMETADATA', define(LOGGED_IN, setMetadata, 'expunge', true)],
  ['COMPARATOR', define(LOGGED_IN, comparator, 'expunge', true)],
  ['NOTIFY', define(LOGGED_IN, notify, 'own', true)],
  ['NAMESPACE', define(LOGGED_IN, namespace, 'expunge', true)],
  ['LIST', define(LOGGED_IN, list, 'expunge', true)],
  ['LSUB', define(LOGGED_IN, lsub, 'expunge', true)],
  ['STATUS', define(LOGGED_IN, status, 'expunge', true)],
  ['CREATE', define(LOGGED_IN, create, 'expunge', true)],
  ['DELETE', define(LOGGED_IN, remove, 'expunge', true)],
  ['RENAME', define(LOGGED_IN, rename, 'expunge', true)],
  ['SUBSCRIBE', define(LOGGED_IN, subscribe, 'expunge', true)],
  ['UNSUBSCRIBE', define(LOGGED_IN, unsubscribe, 'expunge', true)],
  ['APPEND', define(LOGGED_IN, append, 'own', false)],
  ['IDLE', define(LOGGED_IN, idle, 'own', true)],
  ['SELECT', define(LOGGED_IN, select(false), 'own', false)],
  ['EXAMINE', define(LOGGED_IN, select(true), 'own', false)],
  ['CHECK', define(SELECTED, check, 'expunge', true)],
  ['CLOSE', define(SELECTED, close, 'own', true)],
  ['UNSELECT', define(SELECTED, unselect, 'own', true)],
  ['EXPUNGE', define(SELECTED, expunge, 'expunge', true)],
  ['UID EXPUNGE', define(SELECTED, uidExpunge, 'expunge', true)],
  ['FETCH', reads(fetch(false), 'keep-numbers')],
  ['UID FETCH', reads(fetch(true), 'expunge')],
  ['STORE', define(SELECTED, store(false), 'keep-numbers', true)],
  ['UID STORE', define(SELECTED, store(true), 'expunge', true)],
  ['SEARCH', reads(search(false), 'keep-numbers')],
  ['UID SEARCH', reads(search(true), 'expunge')],
  ['SORT', reads(sort(false), 'keep-numbers')],
  ['UID SORT', reads(sort(true), 'expunge')],
  ['THREAD', reads(thread(false), 'keep-numbers')],
  ['UID THREAD', reads(thread(true), 'expunge')],
  ['COPY', define(SELECTED, copy(false), 'own', false)],
  ['UID COPY', define(SELECTED, copy(true), 'own', false)],
  ['MOVE', define(SELECTED, move(false), 'own', false)],
  ['UID MOVE', define(SELECTED, move(true), 'own', false)],
  ['REPLACE', define(SELECTED, replace(false), 'own', false)],
  ['UID REPLACE', define(SELECTED, replace(true), 'own', false)],
  ['CANCELUPDATE', define(SELECTED, cancelUpdate, 'expunge', true)],
]);
