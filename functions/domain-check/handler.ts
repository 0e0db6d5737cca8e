import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { checkClaims } from '../../shared/directory/tenants/verify-domain.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { createResolver } from '../../shared/net/resolver.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

const logger = createLambdaLog('domain-check');
const { db, clock } = await composeStore(createLog('domain-check'));
const dns = createResolver();

/** Looks up the proofs of domains that are claimed, and forgets old claims. A run that ends early is continued by the next. */
export const handler = middy()
  .use(injectLambdaContext(logger))
  .handler(async (_event: unknown, lambda: Context) => {
    const result = await checkClaims(
      { db, clock, dns },
      () => lambda.getRemainingTimeInMillis() > 30_000,
      ({ tenant, name: domain }, error) => {
        if (PamojaError.is(error, 'COLLISION'))
          logger.warn('a domain is proved that another tenant has; the provider decides whose it is', {
            tenant,
            domain,
          });
        else logger.error('the claim of a domain could not be checked', { tenant, domain, error: String(error) });
      },
    );
    logger.info('claims of domains', result);
    return result;
  });
