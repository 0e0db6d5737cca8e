import { z } from 'zod';
import { dynamoRegistry } from '../../shared/directory/tenants/tenant-registry.ts';
import { createDynamoDb } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

export const log = createLambdaLog('tenant-removal');

export async function compose() {
  const { CONTROL_TABLE } = readVariables({ CONTROL_TABLE: z.string().min(3) });
  const store = await composeStore(log);
  return { store, registry: dynamoRegistry(createDynamoDb(), CONTROL_TABLE, store.clock) };
}
