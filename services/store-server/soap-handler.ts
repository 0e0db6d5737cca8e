import { PamojaError } from '../../shared/mapi/error.ts';
import type { ServerContext } from './context.ts';
import { answerRequest, refusal } from './dispatch.ts';
import { forward, readForwarded, signForwarded } from './forward.ts';
import type { SoapHandler } from './http.ts';
import type { TaskRegistry } from './tasks.ts';

/** Answers requests for the sessions of this task, and forwards requests for sessions of other tasks. */
export function createSoapHandler(context: ServerContext, registry: TaskRegistry): SoapHandler {
  const { sessions, guesses, log } = context;
  const { clock } = context.store;
  return {
    answer: (request, peer, signal) => answerRequest(context, request, peer, signal),
    ownerOf(id, peer) {
      const caller = sessions.find(id, peer.transport)?.caller;
      return caller && `${caller.tenant} ${caller.user}`;
    },
    async passOn(request, peer, signal) {
      const task = await registry.ownerOf(request.session);
      if (!task) return undefined;
      try {
        const signature = signForwarded(task.secret, { session: request.session, peer }, clock());
        context.counters.add('redirections');
        return await forward(task.address, request, signature, signal);
      } catch (error) {
        // The task has ended, and its sessions with it: the client is told that the session is over, and logs on again.
        if (!signal.aborted)
          log.warn({ error: String(error), task: task.id }, 'a task cannot be reached, its session is over');
        return undefined;
      }
    },
    async refuse(operation, session, peer) {
      if (session !== 0n) await guesses.guessed(peer);
      return refusal(context, operation, new PamojaError('END_OF_SESSION', 'the session is over'));
    },
    readForwarded: (header) => readForwarded(registry.own.secret, header, clock()),
  };
}
