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
import { PROBLEMS, ProblemError } from '../../shared/http/problem.ts';
import type { RepeatableRequest } from '../../shared/http/router.ts';

export interface Idempotency {
  /** Tells Powertools how much time this invocation has left. */
  registerLambdaContext(context: Context): void;
  /**
   * Carries a request out, or gives the answer of the last 24 hours again. The key must be unique over all callers. Throws a problem for a
   * key that was used for another request, and while the same request is being carried out.
   */
  runOnce(request: RepeatableRequest, run: () => Promise<unknown>): Promise<unknown>;
}

/**
 * Keeps answers in DynamoDB, and a digest of each request. A request may contain a password, so that the digest is an HMAC with a key derived
 * from `secret`: a reader of the table cannot test passwords against it.
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
      // Stored as the JSON text that is sent: DynamoDB has no undefined, and an absent field stays absent.
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
