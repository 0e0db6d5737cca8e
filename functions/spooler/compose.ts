import { z } from 'zod';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { createDynamoDb, createSecretsManager, createSes } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import type { Options } from '../../shared/platform/options.ts';
import { readSecret } from '../../shared/platform/secret.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { composeSpoolerQueue } from '../../shared/submission/compose.ts';
import { dynamoSentRecipients } from '../../shared/submission/sent-recipients.ts';
import { SesTransport } from '../../shared/submission/ses-transport.ts';
import { SmtpTransport } from '../../shared/submission/smtp-transport.ts';
import type { SpoolerContext } from '../../shared/submission/spooler-context.ts';
import type { Transport } from '../../shared/submission/transport.ts';
import { localDelivery } from './local-delivery.ts';

export const log = createLambdaLog('spooler');

export async function compose(): Promise<SpoolerContext> {
  const { CONTROL_TABLE, MAIL_HOST, RELAY_SECRET_ARN } = readVariables({
    CONTROL_TABLE: z.string().min(3),
    MAIL_HOST: z.string().min(1),
    RELAY_SECRET_ARN: z.string().default(''),
  });
  const store = await composeStore(log);
  const onError = (error: unknown) => log.warn({ error }, 'a message could not be enqueued; the sweeper does it');
  return {
    store,
    transport: await transportOf(store.options, MAIL_HOST, RELAY_SECRET_ARN),
    sentRecipients: dynamoSentRecipients(createDynamoDb(), CONTROL_TABLE, store.clock),
    queue: composeSpoolerQueue(store.clock, onError),
    localDelivery: store.options.deliver_local_directly
      ? localDelivery(store, dbSource(store.db, store.options), log)
      : undefined,
    hostname: MAIL_HOST,
    log,
  };
}

/** The credentials at the relay. */
const relaySecret = z.object({ user: z.string().min(1), password: z.string().min(1) });

async function transportOf(options: Options, hostname: string, secretArn: string): Promise<Transport> {
  if (options.outgoing_transport === 'ses') return new SesTransport(createSes());
  return new SmtpTransport({
    host: options.smtp_server,
    port: options.smtp_port,
    tls: options.smtp_tls,
    auth:
      secretArn === ''
        ? undefined
        : await readSecret(
            createSecretsManager(),
            secretArn,
            relaySecret,
            'the secret of the relay must hold {"user", "password"}',
          ),
    name: hostname,
    // An attempt must end before its claim expires.
    timeoutMs: Math.max(options.queue_claim_seconds * 300, 1000),
  });
}
