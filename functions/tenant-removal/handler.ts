import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { removeTenant, tenantsToRemove } from '../../shared/directory/tenants/remove-tenant.ts';
import { compose, log } from './compose.ts';

const { store, registry } = await compose();

/** Removes tenants whose grace period is over. The next run continues one that ends early. */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async (_event: unknown, lambda: Context) => {
    const timeLeft = () => lambda.getRemainingTimeInMillis() > 30_000;
    const removed: string[] = [];
    for (const tenant of await tenantsToRemove(store.db, store.clock())) {
      try {
        if (timeLeft() && (await removeTenant(store, registry, tenant, timeLeft))) removed.push(tenant.name);
      } catch (error) {
        // A tenant that was resumed at the last moment, or whose removal fails, does not stop the others.
        log.error({ tenant: tenant.name, error: String(error) }, 'a tenant could not be removed');
      }
    }
    log.info({ removed }, 'tenants removed');
    return { removed };
  });
