import type { Readable } from 'node:stream';
import { type SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { collect } from '../platform/collect.ts';
import { type Envelope, resultsFor, type Transport, type TransportResult } from './transport.ts';

/** Recipients that SES takes in one call (SES developer guide, "Service quotas"). */
const RECIPIENTS = 50;

/** Errors that a retry does not cure. */
const FINAL = new Set([
  'MessageRejected',
  'BadRequestException',
  'MailFromDomainNotVerifiedException',
  'NotFoundException',
]);

/** Sends through SES, which accepts or rejects a call as a whole: its recipients share one result. */
export class SesTransport implements Transport {
  private readonly ses: SESv2Client;

  constructor(ses: SESv2Client) {
    this.ses = ses;
  }

  async send(envelope: Envelope, open: () => Readable, timeoutMs: number): Promise<TransportResult[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const results: TransportResult[] = [];
    for (let i = 0; i < envelope.recipients.length; i += RECIPIENTS)
      results.push(...(await this.sendTo(envelope, envelope.recipients.slice(i, i + RECIPIENTS), open, signal)));
    return results;
  }

  close(): void {
    this.ses.destroy();
  }

  private async sendTo(
    { sender }: Envelope,
    recipients: readonly string[],
    open: () => Readable,
    abortSignal: AbortSignal,
  ): Promise<TransportResult[]> {
    try {
      const { MessageId } = await this.ses.send(
        new SendEmailCommand({
          ...(sender === '' ? {} : { FromEmailAddress: sender }),
          Destination: { ToAddresses: [...recipients] },
          Content: { Raw: { Data: await collect(open() as AsyncIterable<Buffer>) } },
        }),
        { abortSignal },
      );
      return resultsFor(recipients, 'sent', `250 2.0.0 SES ${MessageId}`);
    } catch (error) {
      const { name = 'Error', message = '' } = error as Partial<Error>;
      return FINAL.has(name)
        ? resultsFor(recipients, 'failed', `554 5.6.0 SES ${name}: ${message}`)
        : resultsFor(recipients, 'later', `451 4.4.1 SES ${name}: ${message}`);
    }
  }
}
