import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { answer } from './api.ts';
import { compose, log } from './compose.ts';

const context = await compose();

/** The onboarding API: tenants, domains, users and keys. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .use(injectLambdaContext(log.powertools))
  .handler((event: APIGatewayProxyEventV2, lambda: Context) => {
    context.idempotency.registerLambdaContext(lambda);
    return answer(context, event, (error) =>
      log.error({ path: event.rawPath, error: String(error) }, 'request failed'),
    );
  });
