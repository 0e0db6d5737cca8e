import { PamojaError } from '../../shared/mapi/error.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { type AdminOptions, adminCommand } from './admin/command-line.ts';
import * as companies from './admin/companies.ts';
import * as groups from './admin/groups.ts';
import { AdminSession } from './admin/session.ts';
import * as stores from './admin/stores.ts';
import * as users from './admin/users.ts';
import { useStackEnvironment } from './environment.ts';

// kopano-admin: carries out the first action that the command line names, in a session of its own.

const options = adminCommand.parse().opts<AdminOptions>();

type Action = (session: AdminSession, value: string) => Promise<void>;

const details: Action = (session, name) => {
  if (options.type === 'group') return groups.showGroup(session, name);
  if (options.type === 'company') return companies.showCompany(session, name);
  return users.showUser(session, name);
};

/** The action of each option. The first option that is given decides: options that only qualify others stand after them. */
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
const [option, action] = ACTIONS.find(([name]) => given[name] !== undefined) ?? adminCommand.help();
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
