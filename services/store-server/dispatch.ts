import { refreshCaller } from '../../shared/access/caller.ts';
import { asPamojaError } from '../../shared/database/transaction.ts';
import { ERROR_CODES, type ErrorCode, PamojaError } from '../../shared/mapi/error.ts';
import type { DecodedRequest } from '../../shared/protocol/soap/decode.ts';
import { type EncodedEnvelope, encodeResponse } from '../../shared/protocol/soap/encode.ts';
import { OPERATIONS, type OperationName, type Requests, type Responses } from '../../shared/protocol/soap/interface.ts';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';
import type { ServerContext } from './context.ts';
import { logon, ssoLogon } from './logon.ts';
import { addressBookOperations } from './operations/address-book.ts';
import { companyOperations } from './operations/companies.ts';
import { folderOperations } from './operations/folders.ts';
import { groupOperations } from './operations/groups.ts';
import { messageOperations } from './operations/messages.ts';
import { nameOperations } from './operations/names.ts';
import { notificationOperations } from './operations/notifications.ts';
import { objectOperations } from './operations/objects.ts';
import type { Operation } from './operations/operation.ts';
import { quotaOperations } from './operations/quota.ts';
import { rightsOperations } from './operations/rights.ts';
import { serverOperations } from './operations/server.ts';
import { storeOperations } from './operations/stores.ts';
import { syncOperations } from './operations/sync.ts';
import { tableOperations } from './operations/tables.ts';
import { userOperations } from './operations/users.ts';
import type { Peer } from './peer.ts';

/** Operations that need a session: all but logon, logoff, and what clients ask before they have logged on. */
type SessionOperation = Exclude<
  OperationName,
  'logon' | 'ssoLogon' | 'logoff' | 'getClientUpdate' | 'setClientUpdateStatus'
>;

const SESSION_OPERATIONS: { [Name in SessionOperation]: Operation<Name> } = {
  ...storeOperations,
  ...folderOperations,
  ...objectOperations,
  ...messageOperations,
  ...tableOperations,
  ...rightsOperations,
  ...nameOperations,
  ...notificationOperations,
  ...syncOperations,
  ...userOperations,
  ...groupOperations,
  ...companyOperations,
  ...quotaOperations,
  ...addressBookOperations,
  ...serverOperations,
};

/** The session that a request names. */
export function sessionIdOf(values: Record<string, unknown>): bigint {
  const id = values.ulSessionId ?? values.ecSessionId ?? values['session-id'];
  return typeof id === 'bigint' ? id : 0n;
}

/** Carries out a request. An error becomes the code in the answer: connection and session go on. */
export async function answerRequest(
  context: ServerContext,
  request: DecodedRequest,
  peer: Peer,
  signal: AbortSignal,
): Promise<EncodedEnvelope> {
  const { name } = request;
  const began = performance.now();
  try {
    return encodeResponse(name, await carryOut(context, request, peer, signal));
  } catch (error) {
    if (error instanceof SoapFault) throw error;
    if (name === 'logon' && PamojaError.is(error, 'LOGON_FAILED')) context.counters.add('login_failed');
    return refusal(context, name, error);
  } finally {
    count(context, name, performance.now() - began);
  }
}

const READS: readonly OperationName[] = ['loadObject', 'loadProp', 'exportMessageChangesAsStream'];
const WRITES: readonly OperationName[] = ['saveObject', 'importMessageFromStream'];

function count({ counters }: ServerContext, name: OperationName, ms: number): void {
  counters.add('soap_request');
  // The time that a client waits for notifications is not counted: it costs nothing.
  if (name !== 'notifyGetItems') counters.add('processing_time', ms / 1000);
  if (READS.includes(name)) counters.add('mrops');
  if (WRITES.includes(name)) counters.add('mwops');
}

/** The way in which a client has proved its identity at logon. */
const wayOf = ({ trusted, transport }: Peer, password: string | undefined) =>
  !trusted || password ? 'login_password' : transport === 'tls' ? 'login_ssl' : 'login_unix';

async function carryOut(
  context: ServerContext,
  request: DecodedRequest,
  peer: Peer,
  signal: AbortSignal,
): Promise<Responses[OperationName]> {
  switch (request.name) {
    case 'logon': {
      const answer = await logon(context, request.values, peer);
      context.counters.add(wayOf(peer, request.values.szPassword));
      context.counters.add('sessions_created');
      return answer;
    }
    case 'ssoLogon':
      return ssoLogon(context);
    case 'logoff': {
      const session = context.sessions.get(request.values.ulSessionId, peer.transport);
      context.locks.forget(session);
      context.sessions.close(session);
      return { result: 0 };
    }
    case 'getClientUpdate':
    case 'setClientUpdateStatus':
      throw new PamojaError('NO_SUPPORT', 'clients are not updated from here');
    default: {
      const session = context.sessions.get(sessionIdOf(request.values as Record<string, unknown>), peer.transport);
      await refreshCaller(context.store, session.caller);
      const operation = SESSION_OPERATIONS[request.name] as Operation<typeof request.name>;
      return operation({ context, session, peer, signal }, request.values as Requests[typeof request.name] & never);
    }
  }
}

/** The answer to a request that is not carried out. */
export function refusal(context: ServerContext, name: OperationName, error: unknown): EncodedEnvelope {
  return encodeResponse(name, failure(name, codeOf(context, name, error)));
}

/** An answer with an error code and nothing else. */
function failure(name: OperationName, code: number): Responses[OperationName] {
  const field = OPERATIONS[name].response.find(([part]) => part === 'er' || part === 'result');
  return field?.[0] === 'result' ? { result: code } : { er: code };
}

/** Errors that are never caused by a client's request: they are logged with their cause. */
const UNEXPECTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DATABASE_ERROR',
  'NETWORK_ERROR',
  'BUSY',
  'CALL_FAILED',
  'UNKNOWN',
  'PLUGIN_ERROR',
  'DATABASE_NOT_FOUND',
  'UNKNOWN_DATABASE',
  'NOT_ENOUGH_MEMORY',
]);

function codeOf({ log }: ServerContext, name: OperationName, error: unknown): number {
  const known = error instanceof PamojaError ? error : asPamojaError(error);
  // The log gets messages and stacks of the causes, but not the statement, which may contain mail.
  if (UNEXPECTED.has(known.code)) log.error({ error: known, operation: name }, 'an operation failed');
  else log.debug({ operation: name, code: known.code }, known.message);
  return ERROR_CODES[known.code];
}
