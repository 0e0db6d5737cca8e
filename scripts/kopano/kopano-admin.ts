import { Command } from 'commander';
import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import * as companies from './admin/companies.ts';
import * as groups from './admin/groups.ts';
import { AdminSession } from './admin/session.ts';
import * as stores from './admin/stores.ts';
import * as users from './admin/users.ts';
import { useStackEnvironment } from './environment.ts';

// kopano-admin with the option names of Kopano's own command (manual, chapter 8), as far as this version can do what they say.

/** Options that take a value. */
type Valued =
  | 'c'
  | 'u'
  | 'd'
  | 'U'
  | 'p'
  | 'e'
  | 'f'
  | 'a'
  | 'n'
  | 'lang'
  | 'company'
  | 'g'
  | 'updateGroup'
  | 'G'
  | 'b'
  | 'B'
  | 'i'
  | 'type'
  | 'addSendas'
  | 'delSendas'
  | 'listSendas'
  | 'qo'
  | 'qw'
  | 'qs'
  | 'qh'
  | 'udqo'
  | 'udqw'
  | 'udqs'
  | 'udqh'
  | 'enableFeature'
  | 'disableFeature'
  | 'updateCompany';

export type AdminOptions = Partial<Record<Valued, string>> & {
  data: string;
  json?: boolean;
  P?: boolean;
  domain?: string[];
};

const command = new Command()
  .name('kopano-admin')
  .description(
    'Manages users, groups and companies (tenants). A user is named by the login; its domain says the company, or -I does.',
  )
  .option('-l', 'list users')
  .option('-L', 'list groups')
  .option('-c <user>', 'create a user: with -p or -P (not with -n 1), -e, -f, -a, -n, --lang, --qo, --qw, --qs, --qh')
  .option(
    '-u <user>',
    'update a user: with -U, -p or -P, -e, -f, -a, -n, quota levels, features, --add-sendas, --del-sendas',
  )
  .option('-d <user>', 'delete a user; the store stays and is listed by --list-orphans')
  .option('-U <user>', 'new login of the user given by -u')
  .option('-p <password>', 'password')
  .option('-P', 'ask for the password')
  .option('-e <email>', 'email address')
  .option('-f <name>', 'full name')
  .option('-a <level>', 'administrator: 0 no, 1 of the company, 2 of the system')
  .option('-n <inactive>', '1: a non-active user, who cannot log in')
  .option('-g <group>', 'create a group: with -e, -f')
  .option('--update-group <group>', 'update a group: with -e, -f')
  .option('-G <group>', 'delete a group')
  .option('-b <user>', 'add a user (or a group) to the group given by -i')
  .option('-B <user>', 'remove a user (or a group) from the group given by -i')
  .option('-i <group>', 'the group of -b and -B')
  .option('-s', 'create the public store of the company given by -I')
  .option('--add-sendas <user>', 'let this user send in the name of the one given by -u')
  .option('--del-sendas <user>', 'take that back')
  .option('--list-sendas <user>', 'list who may send in the name of a user')
  .option('--lang <locale>', 'language of the folders of a new store')
  .option('--qo <override>', '1: the levels of the user (with --update-company: of the company) count')
  .option('--qw <mb>', 'warning level in MB')
  .option('--qs <mb>', 'soft level in MB')
  .option('--qh <mb>', 'hard level in MB')
  .option('--udqo <override>', '1: the company has default levels for its users')
  .option('--udqw <mb>', 'default warning level in MB')
  .option('--udqs <mb>', 'default soft level in MB')
  .option('--udqh <mb>', 'default hard level in MB')
  .option('--enable-feature <feature>', 'switch a feature on for the user given by -u')
  .option('--disable-feature <feature>', 'switch a feature off')
  .option('--details <name>', 'show a user, or with --type a group or a company')
  .option('--type <type>', 'user, group or company', 'user')
  .option('--user-count', 'count users')
  .option('--list-companies', 'list companies')
  .option('--create-company <name>', 'create a company, with --domain')
  .option(
    '--update-company <name>',
    'update a company: with --qo, --qw, --udqo, --udqw, --udqs, --udqh, quota recipients',
  )
  .option('--delete-company <name>', 'delete a company; for 30 days it can be had back')
  .option('--domain <domain...>', 'mail domains of the new company')
  .option('--add-to-viewlist <company>', 'let a company see the one given by -I')
  .option('--del-from-viewlist <company>', 'take that back')
  .option('--list-view', 'list who may see the company given by -I')
  .option('--add-to-adminlist <user>', 'let a user administer the company given by -I')
  .option('--del-from-adminlist <user>', 'take that back')
  .option('--list-admin', 'list who administers the company given by -I')
  .option('--add-userquota-recipient <user>', 'tell a user of the quota mails of all users of the company')
  .option('--del-userquota-recipient <user>', 'take that back')
  .option('--list-userquota-recipients', 'list them')
  .option('--add-companyquota-recipient <user>', 'tell a user of the quota mails of the company')
  .option('--del-companyquota-recipient <user>', 'take that back')
  .option('--list-companyquota-recipients', 'list them')
  .option('-I, --company <name>', 'the company, where the user does not say it')
  .option('--list-orphans', 'list stores without users, and users without stores')
  .option('--hook-store <guid>', 'give an orphaned store to the user given by -u')
  .option('--unhook-store <user>', "take a user's store away; it becomes an orphan")
  .option('--create-store <user>', 'make a store for a user who has none')
  .option('--remove-store <guid>', 'remove an orphaned store after the soft-delete lifetime')
  .option('--purge-softdelete <days>', 'remove items that were deleted more than so many days ago; 0: all')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
const options = command.parse().opts<AdminOptions>();

type Action = (session: AdminSession, value: string) => Promise<void>;

const details: Action = (session, name) => {
  if (options.type === 'group') return groups.showGroup(session, name);
  if (options.type === 'company') return companies.showCompany(session, name);
  return users.showUser(session, name);
};

/** What each option has done; the first that was given counts, so that those which only add to others stand after them. */
const ACTIONS: readonly [option: string, action: Action][] = [
  ['c', (session, login) => users.createUser(session, options, login)],
  ['d', users.removeUser],
  ['hookStore', (session, guid) => stores.hook(session, guid, options.u)],
  ['u', (session, login) => users.changeUser(session, options, login)],
  ['listSendas', users.showSendAs],
  ['g', (session, name) => groups.makeGroup(session, options, name)],
  ['updateGroup', (session, name) => groups.changeGroup(session, options, name)],
  ['G', groups.removeGroup],
  ['b', (session, name) => groups.changeMember(session, options.i, name, 'add')],
  ['B', (session, name) => groups.changeMember(session, options.i, name, 'remove')],
  ['l', users.listAllUsers],
  ['L', groups.listAllGroups],
  ['details', details],
  ['userCount', users.countUsers],
  ['listCompanies', companies.listAllCompanies],
  ['createCompany', (session, name) => companies.createCompany(session, options, name)],
  ['addUserquotaRecipient', recipient('user', 'add')],
  ['delUserquotaRecipient', recipient('user', 'remove')],
  ['listUserquotaRecipients', (session) => companies.showRecipients(session, options.updateCompany, 'user')],
  ['addCompanyquotaRecipient', recipient('company', 'add')],
  ['delCompanyquotaRecipient', recipient('company', 'remove')],
  ['listCompanyquotaRecipients', (session) => companies.showRecipients(session, options.updateCompany, 'company')],
  ['updateCompany', (session, name) => companies.updateCompany(session, options, name)],
  ['deleteCompany', companies.deleteCompany],
  ['addToViewlist', (session, name) => companies.changeViewer(session, name, 'add')],
  ['delFromViewlist', (session, name) => companies.changeViewer(session, name, 'remove')],
  ['listView', companies.showViewers],
  ['addToAdminlist', (session, login) => companies.changeAdmin(session, login, 'add')],
  ['delFromAdminlist', (session, login) => companies.changeAdmin(session, login, 'remove')],
  ['listAdmin', companies.showAdmins],
  ['s', (session) => companies.makePublicStore(session, options)],
  ['listOrphans', stores.showOrphans],
  ['unhookStore', stores.unhook],
  ['createStore', (session, login) => stores.create(session, login, options.lang)],
  ['removeStore', stores.remove],
  ['purgeSoftdelete', (session, days) => stores.purge(session, Number(days))],
];

function recipient(kind: 'user' | 'company', how: 'add' | 'remove'): Action {
  return (session, login) => companies.changeRecipient(session, options.updateCompany, kind, login, how);
}

const given = options as Record<string, unknown>;
const [option, action] = ACTIONS.find(([name]) => given[name] !== undefined) ?? command.help();
useStackEnvironment(options.data);
const context = await composeStore(silentLog);
try {
  await action(new AdminSession(context, 'kopano-admin', options), String(given[option]));
} catch (error) {
  console.error(PamojaError.is(error) ? `kopano-admin: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await context.close();
}
