import { DEFAULT_LIMITS } from './decode-limits.ts';
import { EnvelopeReader } from './envelope-reader.ts';
import { fillScalars } from './frame.ts';
import { OPERATIONS, type OperationName, type Requests } from './interface.ts';
import type { BinarySource } from './types.ts';

export type DecodedRequest = { [Name in OperationName]: { name: Name; values: Requests[Name] } }[OperationName];

/** Decodes the response to an operation, as a client does. Throws a {@link SoapFault}, also for a response that is a fault. */
export function decodeResponse(
  name: OperationName,
  envelope: Uint8Array,
  attachments?: (id: string) => BinarySource,
): Record<string, unknown> {
  const { responseName, response } = OPERATIONS[name];
  const reader = new EnvelopeReader(DEFAULT_LIMITS, attachments, (element) =>
    element === responseName ? response : undefined,
  );
  reader.write(envelope);
  return reader.end().values;
}

/** Decodes a whole request. */
export function decodeRequest(envelope: Uint8Array, limits = DEFAULT_LIMITS): DecodedRequest {
  const reader = new EnvelopeReader(limits);
  reader.write(envelope);
  return requestOf(reader);
}

/** The request that a reader has read; omitted scalars are zero. */
export function requestOf(reader: EnvelopeReader): DecodedRequest {
  const { name, values } = reader.end();
  fillScalars(values, OPERATIONS[name as OperationName].request);
  return { name, values } as DecodedRequest;
}
