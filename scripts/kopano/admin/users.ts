import { userFeatures } from '../../../shared/directory/entries/features.ts';
import { groupsOfUser } from '../../../shared/directory/entries/groups.ts';
import { mailboxOf } from '../../../shared/directory/entries/mailbox-of.ts';
import { addSendAs, listSendAs, removeSendAs } from '../../../shared/directory/entries/send-as.ts';
import { userId } from '../../../shared/directory/entries/user-id.ts';
import {
  deleteUser,
  getUser,
  insertUser,
  listUsers,
  type User,
  type UserChange,
  updateUser,
} from '../../../shared/directory/entries/users.ts';
import { newPassword, unknownPassword } from '../../../shared/directory/login/passwords.ts';
import type { QuotaLevels } from '../../../shared/directory/quota/quota-levels.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { AdminOptions } from './command-line.ts';
import { sendAsList, userDetails, userList } from './output.ts';
import { type AdminSession, allByName, askPassword, bytesOf, isNo, PAGE } from './session.ts';

export async function createUser(session: AdminSession, options: AdminOptions, login: string): Promise<void> {
  const tenant = await session.tenantOf(login);
  const active = options.n === undefined || isNo(options.n);
  const password = await givenPassword(options, active);
  const passwordHash = await (password === '' && !active
    ? unknownPassword()
    : newPassword(session.context.options, password));
  const user = {
    login,
    password: '',
    email: options.e ?? login,
    fullName: options.f ?? login,
    active,
    adminLevel: adminLevel(options) ?? 0,
    locale: options.lang,
    features: options.enableFeature ? [options.enableFeature] : [],
    quota: quotaChange(options, undefined) ?? undefined,
  };
  await session.change(tenant, 'user.create', login, (tx, id) =>
    insertUser(tx, session.context, id, user, passwordHash),
  );
  session.say(`User '${login}' created.`);
}

export async function changeUser(session: AdminSession, options: AdminOptions, login: string): Promise<void> {
  const tenant = await session.tenantOf(login);
  if (options.addSendas !== undefined || options.delSendas !== undefined) return changeSendAs(session, options, login);
  const before = await getUser(session.db, tenant, login);
  const { enableFeature, disableFeature } = options;
  const without = (list: readonly string[], feature: string | undefined) => list.filter((entry) => entry !== feature);
  const password = options.p !== undefined || options.P ? await givenPassword(options, false) : undefined;
  const wanted: UserChange = {
    login: options.U,
    email: options.e,
    fullName: options.f,
    active: options.n === undefined ? undefined : isNo(options.n),
    adminLevel: adminLevel(options),
    quota: quotaChange(options, before),
    ...(password === undefined ? {} : { password: await newPassword(session.context.options, password) }),
    featuresOn: enableFeature
      ? [...without(before.featuresOn, enableFeature), enableFeature]
      : disableFeature
        ? without(before.featuresOn, disableFeature)
        : undefined,
    featuresOff: disableFeature
      ? [...without(before.featuresOff, disableFeature), disableFeature]
      : enableFeature
        ? without(before.featuresOff, enableFeature)
        : undefined,
  };
  await session.change(tenant, 'user.change', login, (tx, id) => updateUser(tx, session.context, id, login, wanted));
  session.say(`User '${login}' updated.`);
}

export async function removeUser(session: AdminSession, login: string): Promise<void> {
  await session.change(await session.tenantOf(login), 'user.delete', login, (tx, tenant) =>
    deleteUser(tx, tenant, login),
  );
  session.say(`User '${login}' deleted.`);
}

export async function showUser(session: AdminSession, login: string): Promise<void> {
  const { db, context } = session;
  const tenant = await session.tenantOf(login);
  const user = await getUser(db, tenant, login);
  const store = await mailboxOf(context, tenant, login).then(
    ({ guid }) => guid.toString('hex'),
    () => '',
  );
  const details = {
    ...user,
    features: [...userFeatures(user.featuresOn, user.featuresOff, context.options)],
    store,
    sendAs: await listSendAs(db, tenant, login),
    groups: await groupsOfUser(db, tenant, await userId(db, tenant, login)),
  };
  session.show(details, (value) => userDetails(value, context.options));
}

export async function listAllUsers(session: AdminSession): Promise<void> {
  for (const tenant of await session.chosenTenants()) {
    const users = await allByName(
      (after) => listUsers(session.db, tenant.id, after, PAGE),
      (user) => user.login,
    );
    session.show({ company: tenant.name, users }, () => userList(tenant.name, users));
  }
}

/** `--user-count`: the number of active and of non-active users. */
export async function countUsers(session: AdminSession): Promise<void> {
  const counts = { active: 0, nonActive: 0 };
  for (const tenant of await session.chosenTenants()) {
    const users = await allByName(
      (after) => listUsers(session.db, tenant.id, after, PAGE),
      (user) => user.login,
    );
    for (const user of users) counts[user.active ? 'active' : 'nonActive']++;
  }
  session.show(counts, ({ active, nonActive }) =>
    [
      `User counts:`,
      `\tActive      ${active}`,
      `\tNon-active  ${nonActive}`,
      `\tTotal       ${active + nonActive}`,
    ].join('\n'),
  );
}

/** Manual 8.3.5: `--add-sendas john -u helpdesk` lets john send as helpdesk. */
async function changeSendAs(session: AdminSession, options: AdminOptions, login: string): Promise<void> {
  const tenant = await session.tenantOf(login);
  const { addSendas, delSendas } = options;
  if (addSendas !== undefined)
    await session.change(tenant, 'user.send-as', `${login} by ${addSendas}`, (tx, id) =>
      addSendAs(tx, id, login, addSendas),
    );
  if (delSendas !== undefined)
    await session.change(tenant, 'user.send-as-end', `${login} by ${delSendas}`, (tx, id) =>
      removeSendAs(tx, id, login, delSendas),
    );
  session.say(`User '${login}' updated.`);
}

export async function showSendAs(session: AdminSession, login: string): Promise<void> {
  const delegates = await listSendAs(session.db, await session.tenantOf(login), login);
  session.show({ user: login, sendAs: delegates }, () => sendAsList(login, delegates));
}

function adminLevel({ a }: AdminOptions): number | undefined {
  if (a === undefined) return undefined;
  if (!/^([012]|yes|no)$/i.test(a)) throw new PamojaError('INVALID_PARAMETER', '-a takes 0, 1 or 2');
  return /^yes$/i.test(a) ? 1 : /^no$/i.test(a) ? 0 : Number(a);
}

/** Undefined: nothing was said of quota; null: the company's or the server's levels (manual 5.7.2, levels in MB). */
function quotaChange({ qo, qw, qs, qh }: AdminOptions, before: User | undefined): QuotaLevels | null | undefined {
  if (qo !== undefined && isNo(qo)) return null;
  if ([qo, qw, qs, qh].every((option) => option === undefined)) return undefined;
  const old = before?.quota;
  return { warn: bytesOf(qw, old?.warn), soft: bytesOf(qs, old?.soft), hard: bytesOf(qh, old?.hard) };
}

/** The password of -p, or with -P the one that is typed. */
async function givenPassword({ p, P }: AdminOptions, required: boolean): Promise<string> {
  if (p !== undefined) return p;
  if (P) return askPassword();
  if (required) throw new PamojaError('INVALID_PARAMETER', 'a password is needed: -p or -P');
  return '';
}
