import type { CommandDefinition, CommandHandler, UpdatesAfter } from './command.ts';
import { deleteaclCommand, getaclCommand, listrightsCommand, myrightsCommand, setaclCommand } from './commands/acl.ts';
import { appendCommand } from './commands/append.ts';
import { authenticateCommand } from './commands/authenticate.ts';
import { cancelupdateCommand } from './commands/cancelupdate.ts';
import { capabilityCommand } from './commands/capability.ts';
import { closeCommand, unselectCommand } from './commands/close.ts';
import { comparatorCommand } from './commands/comparator.ts';
import { compressCommand } from './commands/compress.ts';
import { copyCommand } from './commands/copy.ts';
import { createCommand } from './commands/create.ts';
import { deleteCommand } from './commands/delete.ts';
import { enableCommand } from './commands/enable.ts';
import { expungeCommand, uidExpungeCommand } from './commands/expunge.ts';
import { fetchCommand } from './commands/fetch.ts';
import { idCommand } from './commands/id.ts';
import { idleCommand } from './commands/idle.ts';
import { listCommand, lsubCommand } from './commands/list.ts';
import { loginCommand } from './commands/login.ts';
import { logoutCommand } from './commands/logout.ts';
import { getmetadataCommand, setmetadataCommand } from './commands/metadata.ts';
import { moveCommand } from './commands/move.ts';
import { namespaceCommand } from './commands/namespace.ts';
import { checkCommand, noopCommand } from './commands/noop.ts';
import { notifyCommand } from './commands/notify.ts';
import { getquotaCommand, getquotarootCommand, setquotaCommand } from './commands/quota.ts';
import { renameCommand } from './commands/rename.ts';
import { replaceCommand } from './commands/replace.ts';
import { searchCommand } from './commands/search.ts';
import { selectCommand } from './commands/select.ts';
import { sortCommand } from './commands/sort.ts';
import { starttlsCommand } from './commands/starttls.ts';
import { statusCommand } from './commands/status.ts';
import { storeCommand } from './commands/store.ts';
import { subscribeCommand, unsubscribeCommand } from './commands/subscribe.ts';
import { threadCommand } from './commands/thread.ts';
import type { SessionState } from './session.ts';

const ANY: SessionState[] = ['not-authenticated', 'authenticated', 'selected'];
const LOGGED_OUT: SessionState[] = ['not-authenticated'];
const LOGGED_IN: SessionState[] = ['authenticated', 'selected'];
const SELECTED: SessionState[] = ['selected'];

const define = (
  states: SessionState[],
  run: CommandHandler,
  updates: UpdatesAfter,
  completes: boolean,
): CommandDefinition => ({ states, run, updates, completes, changes: true });

/** A command that only reads: changes that come while it runs may be sent after the next command. */
const reads = (run: CommandHandler, updates: UpdatesAfter): CommandDefinition => ({
  ...define(SELECTED, run, updates, true),
  changes: false,
});

/** Every command with the states where it is allowed and the updates that follow it. */
export const COMMANDS: ReadonlyMap<string, CommandDefinition> = new Map([
  ['CAPABILITY', define(ANY, capabilityCommand, 'own', true)],
  ['NOOP', define(ANY, noopCommand, 'expunge', true)],
  ['LOGOUT', define(ANY, logoutCommand, 'own', true)],
  ['ID', define(ANY, idCommand, 'own', true)],
  ['STARTTLS', define(LOGGED_OUT, starttlsCommand, 'own', false)],
  ['LOGIN', define(LOGGED_OUT, loginCommand, 'own', false)],
  ['AUTHENTICATE', define(LOGGED_OUT, authenticateCommand, 'own', false)],
  ['COMPRESS', define(LOGGED_IN, compressCommand, 'own', false)],
  ['ENABLE', define(LOGGED_IN, enableCommand, 'own', true)],
  ['GETQUOTA', define(LOGGED_IN, getquotaCommand, 'expunge', true)],
  ['GETQUOTAROOT', define(LOGGED_IN, getquotarootCommand, 'expunge', true)],
  ['SETQUOTA', define(LOGGED_IN, setquotaCommand, 'expunge', true)],
  ['GETACL', define(LOGGED_IN, getaclCommand, 'expunge', true)],
  ['SETACL', define(LOGGED_IN, setaclCommand, 'expunge', true)],
  ['DELETEACL', define(LOGGED_IN, deleteaclCommand, 'expunge', true)],
  ['LISTRIGHTS', define(LOGGED_IN, listrightsCommand, 'expunge', true)],
  ['MYRIGHTS', define(LOGGED_IN, myrightsCommand, 'expunge', true)],
  ['GETMETADATA', define(LOGGED_IN, getmetadataCommand, 'expunge', true)],
  ['SETMETADATA', define(LOGGED_IN, setmetadataCommand, 'expunge', true)],
  ['COMPARATOR', define(LOGGED_IN, comparatorCommand, 'expunge', true)],
  ['NOTIFY', define(LOGGED_IN, notifyCommand, 'own', true)],
  ['NAMESPACE', define(LOGGED_IN, namespaceCommand, 'expunge', true)],
  ['LIST', define(LOGGED_IN, listCommand, 'expunge', true)],
  ['LSUB', define(LOGGED_IN, lsubCommand, 'expunge', true)],
  ['STATUS', define(LOGGED_IN, statusCommand, 'expunge', true)],
  ['CREATE', define(LOGGED_IN, createCommand, 'expunge', true)],
  ['DELETE', define(LOGGED_IN, deleteCommand, 'expunge', true)],
  ['RENAME', define(LOGGED_IN, renameCommand, 'expunge', true)],
  ['SUBSCRIBE', define(LOGGED_IN, subscribeCommand, 'expunge', true)],
  ['UNSUBSCRIBE', define(LOGGED_IN, unsubscribeCommand, 'expunge', true)],
  ['APPEND', define(LOGGED_IN, appendCommand, 'own', false)],
  ['IDLE', define(LOGGED_IN, idleCommand, 'own', true)],
  ['SELECT', define(LOGGED_IN, selectCommand(false), 'own', false)],
  ['EXAMINE', define(LOGGED_IN, selectCommand(true), 'own', false)],
  ['CHECK', define(SELECTED, checkCommand, 'expunge', true)],
  ['CLOSE', define(SELECTED, closeCommand, 'own', true)],
  ['UNSELECT', define(SELECTED, unselectCommand, 'own', true)],
  ['EXPUNGE', define(SELECTED, expungeCommand, 'expunge', true)],
  ['UID EXPUNGE', define(SELECTED, uidExpungeCommand, 'expunge', true)],
  ['FETCH', reads(fetchCommand(false), 'keep-numbers')],
  ['UID FETCH', reads(fetchCommand(true), 'expunge')],
  ['STORE', define(SELECTED, storeCommand(false), 'keep-numbers', true)],
  ['UID STORE', define(SELECTED, storeCommand(true), 'expunge', true)],
  ['SEARCH', reads(searchCommand(false), 'keep-numbers')],
  ['UID SEARCH', reads(searchCommand(true), 'expunge')],
  ['SORT', reads(sortCommand(false), 'keep-numbers')],
  ['UID SORT', reads(sortCommand(true), 'expunge')],
  ['THREAD', reads(threadCommand(false), 'keep-numbers')],
  ['UID THREAD', reads(threadCommand(true), 'expunge')],
  ['COPY', define(SELECTED, copyCommand(false), 'own', false)],
  ['UID COPY', define(SELECTED, copyCommand(true), 'own', false)],
  ['MOVE', define(SELECTED, moveCommand(false), 'own', false)],
  ['UID MOVE', define(SELECTED, moveCommand(true), 'own', false)],
  ['REPLACE', define(SELECTED, replaceCommand(false), 'own', false)],
  ['UID REPLACE', define(SELECTED, replaceCommand(true), 'own', false)],
  ['CANCELUPDATE', define(SELECTED, cancelupdateCommand, 'expunge', true)],
]);
