import { KopanoError } from '../../shared/mapi/error.ts';
import type { DecodedRequest } from '../../shared/protocol/soap/decode.ts';
import type { ServerContext } from './context.ts';
import { sessionIdOf } from './dispatch.ts';
import { type ForwardedAnswer, forward, type TaskRegistry } from './forward.ts';
import { Sessions } from './session.ts';

/** What another task answers to a call for one of its sessions; undefined for a call that this task answers itself. */
export async function route(
  { log }: ServerContext,
  registry: TaskRegistry,
  task: number,
  request: DecodedRequest,
  forwarded: boolean,
  signal: AbortSignal,
): Promise<ForwardedAnswer | undefined> {
  const id = sessionIdOf(request.values as Record<string, unknown>);
  const owner = Sessions.taskOf(id);
  if (forwarded || id === 0n || owner === task) return undefined;
  const address = await registry.addressOf(owner);
  // The task is gone and its sessions with it: this one answers that the session is over, and clients log on again.
  if (!address) return undefined;
  try {
    return await forward(address, request, signal);
  } catch (error) {
    if (signal.aborted) throw new KopanoError('NETWORK_ERROR', 'the client has gone', { cause: error });
    log.warn({ error: String(error) }, 'a task cannot be reached');
    return undefined;
  }
}
