import type { VerifyContext } from '../../shared/directory/tenants/verify-domain.ts';
import { createResolver } from '../../shared/net/resolver.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

export const log = createLambdaLog('domain-check');

export async function compose(): Promise<VerifyContext> {
  const { db, clock } = await composeStore(log);
  return { db, clock, dns: createResolver() };
}
