import { IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { z } from 'zod';
import type { DirectoryContext } from '../../shared/directory/context.ts';
import { dynamoRegistry, type TenantRegistry } from '../../shared/directory/tenant-registry.ts';
import { createDynamoDb } from '../../shared/platform/aws.ts';
import { createResolver } from '../../shared/platform/dns.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/compose.ts';
import type { StoreContext } from '../../shared/store/context.ts';
import type { Dns } from './dns-check.ts';

export const logger = createLambdaLog('tenants');

export interface TenantsContext extends DirectoryContext, StoreContext {
  registry: TenantRegistry;
  dns: Dns;
  /** The host name that mail clients and other mail servers find, for the DNS records. */
  mailHost: string;
  idempotency: { persistence: DynamoDBPersistenceLayer; config: IdempotencyConfig };
}

export async function compose(): Promise<TenantsContext> {
  const { CONTROL_TABLE, MAIL_HOST } = readVariables({
    CONTROL_TABLE: z.string().min(3),
    MAIL_HOST: z.string().min(1),
  });
  const dynamo = createDynamoDb();
  const store = await composeStore(createLog('tenants'));
  return {
    ...store,
    dns: createResolver(),
    registry: dynamoRegistry(dynamo, CONTROL_TABLE, store.clock),
    mailHost: MAIL_HOST,
    idempotency: {
      persistence: new DynamoDBPersistenceLayer({
        tableName: CONTROL_TABLE,
        keyAttr: 'pk',
        expiryAttr: 'expires_at',
        awsSdkV3Client: dynamo,
      }),
      config: new IdempotencyConfig({
        eventKeyJmesPath: 'key',
        payloadValidationJmesPath: 'request',
        throwOnNoIdempotencyKey: true,
        expiresAfterSeconds: 86_400,
      }),
    },
  };
}
