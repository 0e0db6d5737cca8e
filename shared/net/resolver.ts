import { Resolver } from 'node:dns/promises';
import { z } from 'zod';
import { readVariables } from '../platform/environment.ts';

/** The resolver of the deployment: the system's, or the one that DNS_SERVER names. Never waits longer than some seconds. */
export function createResolver(): Resolver {
  const { DNS_SERVER } = readVariables({ DNS_SERVER: z.string().default('') });
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  if (DNS_SERVER !== '') resolver.setServers([DNS_SERVER]);
  return resolver;
}
