import { z } from 'zod';
import { databaseAddress } from '../../shared/database/database.ts';
import type { DirectoryContext } from '../../shared/directory/context.ts';
import { dynamoRegistry, type TenantRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import { createResolver } from '../../shared/net/resolver.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readEnvironment, readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import type { Dns } from './dns-check.ts';
import { dynamoIdempotency, type Idempotency } from './idempotency.ts';

export const log = createLambdaLog('tenants');

export interface TenantsContext extends DirectoryContext, StoreContext {
  registry: TenantRegistry;
  dns: Dns;
  /** The host name of the DNS records, which mail clients and other mail servers connect to. */
  mailHost: string;
  idempotency: Idempotency;
}

export async function compose(): Promise<TenantsContext> {
  const { CONTROL_TABLE, MAIL_HOST } = readVariables({
    CONTROL_TABLE: z.string().min(3),
    MAIL_HOST: z.string().min(1),
  });
  const { password } = await databaseAddress(readEnvironment(), createSecretsManager());
  const dynamo = createDynamoDb();
  const store = await composeStore(log);
  return {
    ...store,
    dns: createResolver(),
    registry: dynamoRegistry(dynamo, CONTROL_TABLE, store.clock),
    mailHost: MAIL_HOST,
    idempotency: dynamoIdempotency(dynamo, CONTROL_TABLE, password),
  };
}
