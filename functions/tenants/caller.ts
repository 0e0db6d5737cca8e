import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type Administrator, SYSTEM } from '../../shared/access/may-administer.ts';
import { type ApiKey, findApiKey } from '../../shared/directory/tenants/api-keys.ts';
import { PROBLEMS, ProblemError } from '../../shared/http/problem.ts';
import type { TenantsContext } from './compose.ts';

/** Who calls: the provider, let in by IAM, or somebody with a key of one tenant. */
export type ApiCaller = { kind: 'provider' } | { kind: 'key'; key: ApiKey };

/** What API Gateway adds to a call that its IAM authorizer has let in. */
interface IamContext {
  authorizer?: { iam?: { userArn?: string | null } };
}

/** Finds out who calls. Only API Gateway can set the request context; a caller's own headers say nothing of IAM. */
export async function callerOf(context: TenantsContext, event: APIGatewayProxyEventV2): Promise<ApiCaller> {
  const requestContext = event.requestContext as unknown as IamContext;
  if (requestContext.authorizer?.iam?.userArn) return { kind: 'provider' };
  const secret = /^Bearer (kc_\S+)$/.exec(event.headers.authorization ?? '')?.[1];
  if (!secret) throw new ProblemError(PROBLEMS.unauthorized);
  return { kind: 'key', key: await findApiKey(context.db, context.clock, secret) };
}

/** How the audit trail names a caller. */
export const actorOf = (caller: ApiCaller): string =>
  caller.kind === 'provider' ? 'provider' : `key ${caller.key.name} (${caller.key.id})`;

/** What a caller may do: the provider everything; a key of a tenant what its administrators may; keys of less reach users, and administer nothing. */
export function administratorOf(caller: ApiCaller): Administrator {
  if (caller.kind === 'provider') return SYSTEM;
  const { tenant, scope } = caller.key;
  return { reaches: [tenant], administers: scope === 'tenant' ? [tenant] : [] };
}
