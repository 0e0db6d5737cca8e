import type { TenantsRoute } from './route.ts';
import { domainsRoutes } from './routes/domains.ts';
import { groupsRoutes } from './routes/groups.ts';
import { keysRoutes } from './routes/keys.ts';
import { mailRoutes } from './routes/mail.ts';
import { tenantsRoutes } from './routes/tenants.ts';
import { usersRoutes } from './routes/users.ts';

/** Every route of the API. */
export const ROUTES: readonly TenantsRoute[] = [
  ...tenantsRoutes,
  ...domainsRoutes,
  ...usersRoutes,
  ...groupsRoutes,
  ...mailRoutes,
  ...keysRoutes,
];
