import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Administrator, SYSTEM } from '../../shared/access/may-administer.ts';
import { type ApiKey, findApiKey } from '../../shared/directory/tenants/api-keys.ts';
import { PROBLEMS, ProblemError } from '../../shared/http/problem.ts';
import type { TenantsContext } from './compose.ts';

/** The caller: the provider, authorized by IAM, or the holder of an API key of one tenant. */
export type ApiCaller = { kind: 'provider' } | { kind: 'key'; key: ApiKey };

/** The fields that API Gateway adds to a call that its IAM authorizer has allowed. */
interface IamContext {
  authorizer?: { iam?: { userArn?: string | null } };
}

/** Identifies the caller. Only API Gateway sets the request context, so that a caller cannot pretend to be the provider by headers. */
export async function apiCallerOf(context: TenantsContext, event: APIGatewayProxyEventV2): Promise<ApiCaller> {
  const requestContext = event.requestContext as unknown as IamContext;
  if (requestContext.authorizer?.iam?.userArn) return { kind: 'provider' };
  const secret = /^Bearer (kc_\S+)$/.exec(event.headers.authorization ?? '')?.[1];
  if (!secret) throw new ProblemError(PROBLEMS.unauthorized);
  return { kind: 'key', key: await findApiKey(context.db, context.clock, secret) };
}

/** How the audit trail names a caller. */
export const actorOf = (caller: ApiCaller): string =>
  caller.kind === 'provider' ? 'provider' : `key ${caller.key.name} (${caller.key.id})`;

/** The caller's rights: all for the provider, an administrator's for a key of a tenant; other keys reach users without administering. */
export function administratorOf(caller: ApiCaller): Administrator {
  if (caller.kind === 'provider') return SYSTEM;
  const { tenant, scope } = caller.key;
  return { reaches: [tenant], administers: scope === 'tenant' ? [tenant] : [] };
}
