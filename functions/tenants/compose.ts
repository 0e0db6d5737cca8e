import { IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import type { DirectoryContext } from '../../shared/directory/context.ts';
import { dynamoRegistry, type TenantRegistry } from '../../shared/directory/tenant-registry.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { systemClock } from '../../shared/platform/clock.ts';
import { databaseAddress, openDatabase } from '../../shared/platform/database.ts';
import { readEnvironment, readOptions, readVariables } from '../../shared/platform/environment.ts';

export const logger = new Logger({ serviceName: 'tenants' });

export interface TenantsContext extends DirectoryContext {
  registry: TenantRegistry;
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
  return {
    db: openDatabase(await databaseAddress(readEnvironment(), createSecretsManager())),
    clock: systemClock,
    options: readOptions(),
    registry: dynamoRegistry(dynamo, CONTROL_TABLE, systemClock),
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
