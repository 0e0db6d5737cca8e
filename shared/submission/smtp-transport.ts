import type { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { pathAddress } from '../protocol/smtp/path.ts';
import { type Envelope, resultsFor, type Transport, type TransportResult } from './transport.ts';

export interface RelayOptions {
  host: string;
  port: number;
  tls: 'off' | 'opportunistic' | 'required' | 'implicit';
  auth: { user: string; password: string } | undefined;
  /** The name in EHLO. */
  name: string;
  /** Milliseconds without progress. */
  timeoutMs: number;
}

/** A connection that has been idle for longer than most servers keep one is not tried again. */
const IDLE_MS = 20_000;

/** The fields of a nodemailer error that are read here. */
interface SmtpError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
  response?: string;
  recipient?: string;
  rejectedErrors?: SmtpError[];
}

interface SendInfo {
  rejectedErrors?: SmtpError[];
  response: string;
}

interface Connection {
  smtp: SMTPConnection;
  idleSince: number;
  used: boolean;
}

/** Sends over a relay by SMTP (manual 5.4). Connections are kept open for further messages. */
export class SmtpTransport implements Transport {
  private readonly options: RelayOptions;
  private readonly idle: Connection[] = [];

  constructor(options: RelayOptions) {
    this.options = options;
  }

  async send(envelope: Envelope, open: () => Readable, timeoutMs: number): Promise<TransportResult[]> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      let connection: Connection;
      try {
        connection = this.takeIdle() ?? (await this.connect());
      } catch (error) {
        return resultsFor(envelope.recipients, 'later', textOf(error as SmtpError, this.options.host));
      }
      try {
        const info = await sendOver(connection, envelope, open(), until - performance.now());
        this.keep(connection);
        return resultsOf(envelope.recipients, info.rejectedErrors ?? [], info.response);
      } catch (error) {
        const failure = error as SmtpError;
        const wasKept = connection.used;
        if (failure.responseCode !== undefined && failure.responseCode !== 421 && (await reset(connection)))
          this.keep(connection);
        else connection.smtp.close();
        // The relay has closed a connection that was kept open: nothing of the message was sent, so a new connection is tried.
        if (wasKept && failure.responseCode === undefined && failure.command !== 'DATA' && isBroken(failure)) continue;
        if (failure.rejectedErrors) return resultsOf(envelope.recipients, failure.rejectedErrors, '');
        return resultsFor(envelope.recipients, outcomeOf(failure), textOf(failure, this.options.host));
      }
    }
  }

  close(): void {
    for (const { smtp } of this.idle.splice(0)) smtp.close();
  }

  private takeIdle(): Connection | undefined {
    for (let connection = this.idle.pop(); connection; connection = this.idle.pop()) {
      if (performance.now() - connection.idleSince < IDLE_MS) return connection;
      connection.smtp.close();
    }
    return undefined;
  }

  private keep(connection: Connection): void {
    connection.used = true;
    connection.idleSince = performance.now();
    this.idle.push(connection);
  }

  private async connect(): Promise<Connection> {
    const { host, port, tls, auth, name, timeoutMs } = this.options;
    const smtp = new SMTPConnection({
      host,
      port,
      name,
      secure: tls === 'implicit',
      requireTLS: tls === 'required',
      ignoreTLS: tls === 'off',
      opportunisticTLS: tls === 'opportunistic',
      // RFC 7435: opportunistic TLS protects against eavesdroppers only, so the certificate is not checked.
      tls: { rejectUnauthorized: tls !== 'opportunistic', minVersion: 'TLSv1.2' },
      connectionTimeout: Math.min(timeoutMs, 30_000),
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    // Without a listener an error event would end the process; the promises below reject with it as well.
    smtp.on('error', () => {});
    try {
      await untilEnd(smtp, (done) => smtp.connect(done));
      if (auth) await untilEnd(smtp, (done) => smtp.login({ user: auth.user, pass: auth.password }, done));
    } catch (error) {
      smtp.close();
      throw error;
    }
    return { smtp, idleSince: 0, used: false };
  }
}

/** Runs one step of a connection and rejects if the connection ends: nodemailer calls back only while it sends. */
function untilEnd(smtp: SMTPConnection, begin: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the connection was closed'));
    smtp.once('end', ended);
    smtp.once('error', reject);
    begin((error) => {
      smtp.off('end', ended);
      smtp.off('error', reject);
      if (error) reject(error);
      else resolve();
    });
  });
}

function sendOver({ smtp }: Connection, envelope: Envelope, message: Readable, timeoutMs: number): Promise<SendInfo> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      clearTimeout(timer);
      message.destroy();
      reject(new Error('the connection was closed'));
    };
    smtp.once('end', ended);
    const timer = setTimeout(() => smtp.close(), timeoutMs);
    smtp.send(
      {
        from: pathAddress(envelope.sender),
        to: envelope.recipients.map(pathAddress),
        size: envelope.size,
        use8BitMime: true,
      },
      message,
      (error, info) => {
        clearTimeout(timer);
        smtp.off('end', ended);
        message.destroy();
        if (error) reject(error);
        else resolve(info as unknown as SendInfo);
      },
    );
  });
}

/** Whether the connection can take another message. */
const reset = ({ smtp }: Connection): Promise<boolean> =>
  untilEnd(smtp, (done) => smtp.reset(done)).then(
    () => true,
    () => false,
  );

function resultsOf(recipients: readonly string[], rejected: readonly SmtpError[], reply: string): TransportResult[] {
  const errors = new Map(rejected.map((error) => [error.recipient, error]));
  return recipients.map((address) => {
    const error = errors.get(pathAddress(address));
    return error
      ? { address, outcome: outcomeOf(error), reply: textOf(error, '') }
      : { address, outcome: 'sent', reply };
  });
}

/** RFC 5321 §4.2.1: 5yz is final. An error without a reply code is a failure of the connection. */
function outcomeOf(error: SmtpError): 'failed' | 'later' {
  // The message is larger than the relay's SIZE in EHLO, or the address cannot be written as a path.
  if (
    error.responseCode === undefined &&
    ((error.code === 'EMESSAGE' && error.command === 'MAIL FROM') || error.code === 'EENVELOPE')
  )
    return 'failed';
  return (error.responseCode ?? 0) >= 500 ? 'failed' : 'later';
}

function textOf(error: SmtpError, host: string): string {
  if (error.response) return error.response;
  if (error.code === 'EMESSAGE') return `552 5.3.4 ${error.message}`;
  if (error.code === 'EENVELOPE') return `553 5.1.3 ${error.message}`;
  return `451 4.4.1 ${host}: ${error.message}`;
}

const isBroken = (error: SmtpError): boolean =>
  error.code === undefined ||
  ['ECONNECTION', 'ESOCKET', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EPROTOCOL'].includes(error.code);
