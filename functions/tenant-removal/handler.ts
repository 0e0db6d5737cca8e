import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { removeTenant, tenantsToRemove } from '../../shared/directory/tenants/remove-tenant.ts';
import { dynamoRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import { createDynamoDb } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

const logger = createLambdaLog('tenant-removal');
const { CONTROL_TABLE } = readVariables({ CONTROL_TABLE: z.string().min(3) });
const store = await composeStore(createLog('tenant-removal'));
const registry = dynamoRegistry(createDynamoDb(), CONTROL_TABLE, store.clock);

/** Removes tenants whose grace period is over. A run that ends early is continued by the next. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const timeLeft = () => lambda.getRemainingTimeInMillis() > 30_000;
    const removed: string[] = [];
    for (const tenant of await tenantsToRemove(store.db, store.clock())) {
      try {
        if (timeLeft() && (await removeTenant(store, registry, tenant, timeLeft))) removed.push(tenant.name);
      } catch (error) {
        // One that was resumed at the last moment, or that fails, does not keep the others.
        logger.error('a tenant could not be removed', { tenant: tenant.name, error: String(error) });
      }
    }
    logger.info('removed', { removed });
    return { removed };
  });
