import type { IncomingMessage } from 'node:http';
import { type DecodedRequest, requestOf } from '../../shared/protocol/soap/decode.ts';
import { EnvelopeReader } from '../../shared/protocol/soap/envelope-reader.ts';
import type { OperationName } from '../../shared/protocol/soap/interface.ts';
import { readParts, startOf } from '../../shared/protocol/soap/multipart.ts';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';
import type { BinarySource } from '../../shared/protocol/soap/types.ts';
import type { Held } from './memory-shares.ts';
import { bodyOf } from './request-body.ts';
import { type RequestLimits, UNAUTHENTICATED } from './request-limits.ts';

/** The time within which a request must show a session of this task. */
const UNAUTHENTICATED_MS = 15_000;

/** The limits of a request once its session is known, and the share of memory that it takes from then on. */
export interface Admission {
  limits: RequestLimits;
  held: Held;
}

/** Called as soon as a request has named its session; undefined: this task does not have the session, and the request is read no further. */
export type Admittance = (operation: OperationName, session: bigint) => Admission | undefined;

/** A request that has been read; or the part of it that has arrived, when its session is not of this task. */
export type ReadRequest =
  | { request: DecodedRequest }
  | {
      operation: OperationName;
      session: bigint;
      contentType: string;
      body: AsyncIterable<Uint8Array>;
      /** Stops reading the request when its body is not read to the end. */
      stop: () => Promise<unknown>;
    };

/** Thrown to end the reading of a request whose session is not of this task. */
class NotOfThisTask extends Error {
  readonly operation: OperationName;
  readonly session: bigint;

  constructor(operation: OperationName, session: bigint) {
    super('the session is not of this task');
    this.operation = operation;
    this.session = session;
  }
}

/**
 * Reads a request. Until it shows a session of this task, it has the limits, the time and the memory of a client without one (`held`). The
 * session that is checked then is that of the request, since an envelope names one session.
 */
export class RequestReader {
  private readonly contentType: string;
  private readonly source: AsyncIterator<Uint8Array>;
  private readonly held: Held;
  private readonly admittance: Admittance;
  private readonly envelope: EnvelopeReader;
  private admission: Admission | undefined;
  /** The bytes that were read before the session was known, to be forwarded when another task has it. */
  private readonly seen: Uint8Array[] = [];
  private seenBytes = 0;
  private attached = 0;
  private readonly parts = new Map<string, Buffer[]>();
  private readonly deadline = Promise.withResolvers<never>();
  private timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, held: Held, admittance: Admittance) {
    this.contentType = request.headers['content-type'] ?? '';
    this.source = bodyOf(request)[Symbol.asyncIterator]();
    this.held = held;
    this.admittance = admittance;
    this.envelope = new EnvelopeReader(
      UNAUTHENTICATED,
      (id) => this.attachment(id),
      undefined,
      (operation, session) => this.admit(operation, session),
    );
  }

  /** Throws a {@link SoapFault} for a request that cannot be read, and a {@link RequestTooSlow} for one that does not arrive in time. */
  async read(): Promise<ReadRequest> {
    this.timer = setTimeout(() => this.deadline.reject(new RequestTooSlow()), UNAUTHENTICATED_MS);
    try {
      if (/^multipart\/related/i.test(this.contentType)) await this.readMultipart();
      else for await (const chunk of this.body()) this.write(chunk);
      return { request: requestOf(this.envelope) };
    } catch (error) {
      if (error instanceof RequestTooSlow) throw error;
      if (!(error instanceof NotOfThisTask)) {
        // The rest of the request is discarded later, which needs the only reader of its stream.
        await this.source.return?.();
        throw error instanceof SoapFault ? error : new SoapFault('Client', 'the request cannot be read');
      }
      return {
        operation: error.operation,
        session: error.session,
        contentType: this.contentType,
        body: this.rest(),
        stop: async () => this.source.return?.(),
      };
    } finally {
      clearTimeout(this.timer);
    }
  }

  private admit(operation: OperationName, session: bigint): RequestLimits {
    // A logon has no session yet.
    if (operation === 'ssoLogon') return UNAUTHENTICATED;
    this.admission = this.admittance(operation, session);
    if (!this.admission) throw new NotOfThisTask(operation, session);
    clearTimeout(this.timer);
    this.held.release();
    this.seen.length = 0;
    return this.admission.limits;
  }

  private async *body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.source.next();
      const { done, value } = await (this.admission ? next : Promise.race([next, this.deadline.promise]));
      if (done) return;
      if (!this.admission) {
        this.seen.push(value);
        this.seenBytes += value.length;
      }
      yield value;
      if (!this.admission && this.seenBytes > UNAUTHENTICATED.size)
        throw new SoapFault('Client', 'the request is too large for one without a session');
    }
  }

  private write(chunk: Uint8Array): void {
    this.envelope.write(chunk);
    this.hold();
  }

  private hold(): void {
    if (!(this.admission?.held ?? this.held).raise(this.envelope.cost + this.attached))
      throw new SoapFault('Client', 'the server is busy; try again');
  }

  private async readMultipart(): Promise<void> {
    const start = startOf(this.contentType);
    const body = this.body();
    let first = true;
    for await (const { id, content } of readParts(body, this.contentType)) {
      // The envelope must come first: no other part is read before the session is known.
      if (first && start !== undefined && id !== start)
        throw new SoapFault('Client', 'the envelope is not the first part of the multipart');
      if (first) for await (const chunk of content) this.write(chunk);
      else this.parts.set(id, await this.collect(content));
      first = false;
    }
    if (first) throw new SoapFault('Client', 'the multipart has no parts');
    for await (const _ of body) {
      // RFC 2046 §5.1.1: bytes after the last boundary are ignored.
    }
  }

  private async collect(content: AsyncIterable<Buffer>): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    for await (const chunk of content) {
      this.attached += chunk.length;
      if (this.attached > (this.admission?.limits.attachments ?? 0))
        throw new SoapFault('Client', 'the attachments are too large');
      this.hold();
      chunks.push(chunk);
    }
    return chunks;
  }

  private attachment(id: string): BinarySource {
    const name = id.replace(/^<|>$/g, '');
    const { parts } = this;
    return (async function* () {
      const chunks = parts.get(name);
      if (!chunks) throw new SoapFault('Client', 'there is no such attachment');
      yield* chunks;
    })();
  }

  private async *rest(): AsyncGenerator<Uint8Array> {
    yield* this.seen;
    for (;;) {
      const { done, value } = await this.source.next();
      if (done) return;
      yield value;
    }
  }
}

/** The request did not show its session in time. */
export class RequestTooSlow extends Error {
  constructor() {
    super('the request took too long');
    this.name = 'RequestTooSlow';
  }
}
