import type { OperationName, Requests, Responses } from '../../../shared/protocol/soap/interface.ts';
import type { ServerContext } from '../context.ts';
import type { Peer } from '../peer.ts';
import type { SoapSession } from '../session.ts';

/** One call of an operation by a session. */
export interface Call {
  context: ServerContext;
  session: SoapSession;
  peer: Peer;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
}

/** Carries out an operation. A PamojaError becomes its `er` or `result`. */
export type Operation<Name extends OperationName> = (call: Call, request: Requests[Name]) => Promise<Responses[Name]>;

/** Some of the operations. */
export type Operations<Names extends OperationName> = { [Name in Names]: Operation<Name> };
