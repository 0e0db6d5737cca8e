import { createHmac, hkdfSync } from 'node:crypto';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { PROBLEMS, ProblemError } from './problem.ts';

/** A request that came with an Idempotency-Key. */
export interface RepeatableRequest {
  /** Of this caller, for this tenant. */
  key: string;
  /** All that must be the same for it to be the same request. */
  request: unknown;
}

export interface Idempotency {
  /** For the time that is left in this run of the function. */
  registerLambdaContext(context: Context): void;
  /**
   * Carries a request out, or gives the answer that it was given within the last day. Throws a problem for a key that was used for
   * another request, and while the same request is being carried out.
   */
  runOnce(request: RepeatableRequest, run: () => Promise<unknown>): Promise<unknown>;
}

/**
 * Answers kept in DynamoDB. Of a request a digest is kept, which has its passwords in it: so it is made with a key, out of `secret`, and who
 * reads the table can try no passwords on it.
 */
export function dynamoIdempotency(dynamo: DynamoDBClient, tableName: string, secret: string): Idempotency {
  const digestKey = Buffer.from(hkdfSync('sha256', secret, '', 'digests of idempotent requests', 32));
  const persistenceStore = new DynamoDBPersistenceLayer({
    tableName,
    keyAttr: 'pk',
    expiryAttr: 'expires_at',
    awsSdkV3Client: dynamo,
  });
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'key',
    payloadValidationJmesPath: 'digest',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: 86_400,
  });
  return {
    registerLambdaContext: (context) => config.registerLambdaContext(context),
    async runOnce({ key, request }, run) {
      const digest = createHmac('sha256', digestKey).update(JSON.stringify(request)).digest('base64url');
      // As the text that goes out: DynamoDB has no undefined, and a field that is absent is absent in the kept answer too.
      const once = makeIdempotent(async (_: object) => JSON.stringify({ result: await run() }), {
        persistenceStore,
        config,
        keyPrefix: 'tenants-api',
      });
      try {
        return (JSON.parse((await once({ key, digest })) as string) as { result: unknown }).result;
      } catch (error) {
        if (error instanceof IdempotencyValidationError) throw new ProblemError(PROBLEMS.reused);
        if (error instanceof IdempotencyAlreadyInProgressError) throw new ProblemError(PROBLEMS.inProgress);
        throw error;
      }
    },
  };
}
