import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { canonicalAddress, domainOf } from '../../shared/directory/addresses.ts';
import { audit } from '../../shared/directory/audit-log.ts';
import { userFeatures } from '../../shared/directory/features.ts';
import { hookStore } from '../../shared/directory/hook-store.ts';
import { hashPassword } from '../../shared/directory/passwords.ts';
import type { QuotaLevels } from '../../shared/directory/quota-levels.ts';
import { createTenant, findTenant, findTenantById, listTenants, type Tenant } from '../../shared/directory/tenants.ts';
import {
  deleteUser,
  getUser,
  insertUser,
  listOrphans,
  listUsers,
  type User,
  type UserChange,
  updateUser,
} from '../../shared/directory/users.ts';
import { KopanoError } from '../../shared/mapi/error.ts';
import type { Database } from '../../shared/platform/database.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { inTransaction } from '../../shared/platform/transaction.ts';
import { composeStore } from '../../shared/store/compose.ts';
import type { TenantId } from '../../shared/store/ids.ts';
import { purgeSoftDeleted } from '../../shared/store/purge.ts';
import { companyList, orphanList, userDetails, userList } from './admin-output.ts';
import { useStackEnvironment } from './environment.ts';

// kopano-admin with the option names of Kopano's own command (manual, chapter 8), as far as this version can do what they say.

interface AdminOptions {
  data: string;
  json?: boolean;
  company?: string;
  domain?: string[];
  l?: boolean;
  c?: string;
  u?: string;
  d?: string;
  p?: string;
  P?: boolean;
  e?: string;
  f?: string;
  a?: string;
  n?: string;
  lang?: string;
  qo?: string;
  qw?: string;
  qs?: string;
  qh?: string;
  enableFeature?: string;
  disableFeature?: string;
  details?: string;
  listCompanies?: boolean;
  createCompany?: string;
  listOrphans?: boolean;
  hookStore?: string;
  purgeSoftdelete?: string;
}

const command = new Command()
  .name('kopano-admin')
  .description(
    'Manages users and companies (tenants). A user is named by the login, user@domain; the domain says the company.',
  )
  .option('-l', 'list users')
  .option('-c <user>', 'create a user: with -p or -P, -e, -f, -a')
  .option(
    '-u <user>',
    'update a user: with -p or -P, -f, -n, --qo, --qw, --qs, --qh, --enable-feature, --disable-feature',
  )
  .option('-d <user>', 'delete a user; the store stays and is listed by --list-orphans')
  .option('-p <password>', 'password')
  .option('-P', 'ask for the password')
  .option('-e <email>', 'email address')
  .option('-f <name>', 'full name')
  .option('-a <level>', 'administrator: 0 no, 1 of the company')
  .option('-n <inactive>', '1: a non-active user, who cannot log in')
  .option('--lang <locale>', 'language of the folders of a new store')
  .option('--qo <override>', '1: the levels of the user count; 0: those of the server')
  .option('--qw <mb>', 'warning level in MB')
  .option('--qs <mb>', 'soft level in MB')
  .option('--qh <mb>', 'hard level in MB')
  .option('--enable-feature <feature>', 'switch a feature on for the user given by -u')
  .option('--disable-feature <feature>', 'switch a feature off')
  .option('--details <user>', 'show a user')
  .option('--list-companies', 'list companies')
  .option('--create-company <name>', 'create a company, with --domain')
  .option('--domain <domain...>', 'mail domains of the new company')
  .option('-I, --company <name>', 'the company, where the user does not say it')
  .option('--list-orphans', 'list stores without users')
  .option('--hook-store <guid>', 'give an orphaned store to the user given by -u')
  .option('--purge-softdelete <days>', 'remove items that were deleted more than so many days ago; 0: all')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
const options = command.parse().opts<AdminOptions>();

useStackEnvironment(options.data);
const context = await composeStore(silentLog);
try {
  await execute();
} catch (error) {
  console.error(KopanoError.is(error) ? `kopano-admin: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await context.close();
}

async function execute(): Promise<void> {
  if (options.listCompanies) return show(await allTenants(), companyList);
  if (options.createCompany !== undefined) {
    await createTenant(context, options.createCompany, options.domain ?? []);
    return say(`Company '${options.createCompany}' created.`);
  }
  if (options.purgeSoftdelete !== undefined) return purge(Number(options.purgeSoftdelete));
  if (options.c !== undefined) return createUser(options.c);
  if (options.d !== undefined) {
    const login = options.d;
    await change(await tenantOf(login), 'user.delete', login, (tx, tenant) => deleteUser(tx, tenant, login));
    return say(`User '${login}' deleted.`);
  }
  if (options.hookStore !== undefined) {
    if (options.u === undefined) throw new KopanoError('INVALID_PARAMETER', 'say with -u whose the store shall be');
    const [guid, login] = [Buffer.from(options.hookStore, 'hex'), options.u];
    await change(await tenantOf(login), 'store.hook', login, (tx, tenant) => hookStore(tx, tenant, guid, login));
    return say(`Store '${options.hookStore.toUpperCase()}' is now the store of '${login}'.`);
  }
  if (options.u !== undefined) return changeUser(options.u);
  if (options.details !== undefined) return details(options.details);
  if (options.l) return list();
  if (options.listOrphans)
    return show(
      (await Promise.all((await chosenTenants()).map((tenant) => listOrphans(context.db, tenant.id)))).flat(),
      orphanList,
    );
  command.help();
}

async function createUser(login: string): Promise<void> {
  const tenant = await tenantOf(login);
  const passwordHash = await hashPassword(await givenPassword(true));
  const user = {
    login,
    password: '',
    email: options.e ?? login,
    fullName: options.f ?? login,
    adminLevel: Number(options.a ?? 0),
    locale: options.lang,
    features: options.enableFeature ? [options.enableFeature] : [],
    quota: quotaChange(undefined) ?? undefined,
  };
  await change(tenant, 'user.create', login, (tx, id) => insertUser(tx, context, id, user, passwordHash));
  say(`User '${login}' created.`);
}

async function changeUser(login: string): Promise<void> {
  const tenant = await tenantOf(login);
  const before = await getUser(context.db, tenant, login);
  const { enableFeature, disableFeature } = options;
  const without = (list: readonly string[], feature: string | undefined) => list.filter((entry) => entry !== feature);
  const password = options.p !== undefined || options.P ? await givenPassword(false) : undefined;
  const wanted: UserChange = {
    fullName: options.f,
    active: options.n === undefined ? undefined : options.n !== '1',
    quota: quotaChange(before),
    passwordHash: password === undefined ? undefined : await hashPassword(password),
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
  await change(tenant, 'user.change', login, (tx, id) => updateUser(tx, id, login, wanted));
  say(`User '${login}' updated.`);
}

/** Undefined: nothing was said of quota; null: the server's levels (manual 5.7.2, levels in MB). */
function quotaChange(before: User | undefined): QuotaLevels | null | undefined {
  const { qo, qw, qs, qh } = options;
  if (qo !== undefined && /^(0|n|no)$/i.test(qo)) return null;
  if ([qo, qw, qs, qh].every((option) => option === undefined)) return undefined;
  const bytes = (option: string | undefined, kept: number | undefined) => {
    if (option === undefined) return kept ?? 0;
    if (!/^\d+(\.\d+)?$/.test(option)) throw new KopanoError('INVALID_PARAMETER', `${option} is no number of MB`);
    return Math.round(Number(option) * 1024 * 1024);
  };
  return {
    warn: bytes(qw, before?.quota?.warn),
    soft: bytes(qs, before?.quota?.soft),
    hard: bytes(qh, before?.quota?.hard),
  };
}

async function details(login: string): Promise<void> {
  const tenant = await tenantOf(login);
  const user = await getUser(context.db, tenant, login);
  const store = await context.db
    .selectFrom('stores')
    .innerJoin('users', (join) =>
      join.onRef('users.tenant_id', '=', 'stores.tenant_id').onRef('users.id', '=', 'stores.user_id'),
    )
    .select('stores.guid')
    .where('stores.tenant_id', '=', tenant)
    .where('users.login', '=', user.login)
    .executeTakeFirst();
  const features = [...userFeatures(user.featuresOn, user.featuresOff, context.options)];
  const guid = store?.guid.toString('hex') ?? '';
  show({ ...user, features, store: guid }, () => userDetails(user, guid, features, context.options));
}

async function list(): Promise<void> {
  for (const tenant of await chosenTenants()) {
    const users: User[] = [];
    for (let after = ''; ; after = users.at(-1)?.login ?? '') {
      const next = await listUsers(context.db, tenant.id, after, 500);
      users.push(...next);
      if (next.length < 500) break;
    }
    show({ company: tenant.name, users }, () => userList(tenant.name, users));
  }
}

async function purge(days: number): Promise<void> {
  if (!Number.isInteger(days) || days < 0) throw new KopanoError('INVALID_PARAMETER', 'a number of days is needed');
  const before = context.clock() - days * 86_400_000;
  let purged = 0;
  for (let more = true; more; ) {
    const count = await purgeSoftDeleted(context, before + (days === 0 ? 1 : 0), 500);
    purged += count;
    more = count > 0;
  }
  say(`Purged ${purged} items.`);
}

/** The company of a login: by -I, or the one that has the login's domain. */
async function tenantOf(login: string): Promise<TenantId> {
  if (options.company !== undefined) return (await requireTenant(options.company)).id;
  const row = await context.db
    .selectFrom('domains')
    .select('tenant_id')
    .where('name', '=', domainOf(canonicalAddress(login)))
    .executeTakeFirst();
  if (!row) throw new KopanoError('NOT_FOUND', `no company has the domain of '${login}'; say the company with -I`);
  const tenant = await findTenantById(context.db, row.tenant_id as TenantId);
  if (!tenant) throw new KopanoError('NOT_FOUND', 'no such company');
  return tenant.id;
}

async function requireTenant(name: string): Promise<Tenant> {
  const tenant = await findTenant(context.db, name);
  if (!tenant) throw new KopanoError('NOT_FOUND', `no company '${name}'`);
  return tenant;
}

async function chosenTenants(): Promise<Tenant[]> {
  return options.company === undefined ? allTenants() : [await requireTenant(options.company)];
}

async function allTenants(): Promise<Tenant[]> {
  const all: Tenant[] = [];
  for (;;) {
    const next = await listTenants(context.db, all.at(-1)?.name ?? '', 500);
    all.push(...next);
    if (next.length < 500) return all;
  }
}

function change<T>(
  tenant: TenantId,
  action: string,
  object: string,
  work: (tx: Database, tenant: TenantId) => Promise<T>,
): Promise<T> {
  return inTransaction(context.db, async (tx) => {
    const result = await work(tx, tenant);
    await audit(tx, tenant, { at: context.clock(), actor: 'kopano-admin', action, object });
    return result;
  });
}

/** -p, or with -P what is typed twice without an echo. */
async function givenPassword(required: boolean): Promise<string> {
  if (options.p !== undefined) return options.p;
  if (!options.P) {
    if (required) throw new KopanoError('INVALID_PARAMETER', 'a password is needed: -p or -P');
    return '';
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write('Type password:');
  const first = await prompt.question('');
  process.stderr.write('\nRetype password:');
  const second = await prompt.question('');
  process.stderr.write('\n');
  prompt.close();
  if (first === '' || first !== second) throw new KopanoError('INVALID_PARAMETER', "the passwords don't match");
  return first;
}

function say(text: string): void {
  console.log(options.json ? JSON.stringify({ done: text }) : text);
}

function show<T>(value: T, layout: (value: T) => string): void {
  console.log(options.json ? JSON.stringify(value) : layout(value));
}
