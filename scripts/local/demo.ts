import { openDatabase } from '../../shared/database/database.ts';
import { createUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { createTenant } from '../../shared/directory/tenants/tenants.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { parseOptions } from '../../shared/platform/options.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import type { MariaDb } from './mariadb.ts';

export const DEMO_DOMAIN = 'demo.test';

/** The mail domain of a server with one company. */
export const SINGLE_DOMAIN = 'example.com';

/** The demo tenant's users; the password of each is `demo-` and its name. */
export const DEMO_USERS = ['anna', 'bert'].map((name) => ({
  login: `${name}@${DEMO_DOMAIN}`,
  password: `demo-${name}`,
  fullName: `${name.charAt(0).toUpperCase()}${name.slice(1)} Demo`,
}));

export interface TestUser {
  login: string;
  password: string;
  fullName: string;
}

/** Makes the demo tenant and its users, as far as they are not there yet. */
export const makeDemoTenant = (database: MariaDb, options: Record<string, unknown>): Promise<void> =>
  makeTenant(database, options, 'demo', [DEMO_DOMAIN], DEMO_USERS);

/** Makes a tenant with users who may use IMAP, unless they exist. */
export async function makeTenant(
  database: MariaDb,
  options: Record<string, unknown>,
  name: string,
  domains: string[],
  users: readonly TestUser[],
): Promise<void> {
  const db = openDatabase({ ...database, database: 'kopano', tls: false, poolSize: 4 });
  try {
    const context = { db, clock: systemClock, options: parseOptions(options) };
    const row = await db.selectFrom('tenants').select('id').where('name', '=', name).executeTakeFirst();
    const tenant = row ? (row.id as TenantId) : await createTenant(context, name, domains);
    const there = await dbSource(db, context.options).resolve(users.map((user) => user.login));
    for (const [i, user] of users.entries()) {
      if (there[i]?.length === 0)
        await createUser(context, tenant, { ...user, email: user.login, features: ['imap', 'pop3'] });
    }
  } finally {
    await db.destroy();
  }
}
