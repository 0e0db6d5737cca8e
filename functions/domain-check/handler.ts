import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { checkClaims } from '../../shared/directory/verify-domain.ts';
import { createResolver } from '../../shared/platform/dns.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/compose.ts';

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
      ({ tenant, name }, error) =>
        logger.error('the claim of a domain could not be checked', { tenant, domain: name, error: String(error) }),
    );
    logger.info('claims of domains', result);
    return result;
  });
