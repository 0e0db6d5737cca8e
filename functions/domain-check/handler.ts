import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { checkClaims } from '../../shared/directory/tenants/verify-domain.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { compose, log } from './compose.ts';

const context = await compose();

/** Looks up the proofs of claimed domains, and drops old claims. The next run continues one that ends early. */
export const handler = middy()
  .use(injectLambdaContext(log.powertools))
  .handler(async (_event: unknown, lambda: Context) => {
    const result = await checkClaims(
      context,
      () => lambda.getRemainingTimeInMillis() > 30_000,
      ({ tenant, name: domain }, error) => {
        if (PamojaError.is(error, 'COLLISION'))
          log.warn(
            { tenant, domain },
            'the proof of a domain is published that another tenant has: the provider decides',
          );
        else log.error({ tenant, domain, error: String(error) }, 'the claim of a domain could not be checked');
      },
    );
    log.info(result, 'claims of domains checked');
    return result;
  });
