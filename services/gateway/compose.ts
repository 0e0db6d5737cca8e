import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { watchAccounts } from '../../shared/directory/login/account-watch.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { dynamoLoginDelay } from '../../shared/directory/login/login-delay.ts';
import { dynamoThrottle } from '../../shared/directory/login/login-throttle.ts';
import { LogonTimes } from '../../shared/directory/login/logon-times.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { readCertificate } from '../../shared/net/certificate.ts';
import { taskAddress } from '../../shared/net/task-address.ts';
import { createDynamoDb, createSecretsManager } from '../../shared/platform/aws.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { listenForChanges } from '../../shared/store/engine/change-listener.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import { ContentCache } from '../../shared/store/messages/content-cache.ts';
import { FolderIndexes } from '../../shared/store/messages/folder-index.ts';
import { SearchColumnCache } from '../../shared/store/messages/search-column-cache.ts';
import type { ImapContext } from './imap/imap-context.ts';
import type { Pop3Context } from './pop3/pop3-context.ts';

/** Makes the pool, the clients, the log and the ports of the service, from its environment. */
export async function compose() {
  const variables = readVariables({
    IMAP_PORT: z.coerce.number().int(),
    IMAPS_PORT: z.coerce.number().int(),
    POP3_PORT: z.coerce.number().int(),
    POP3S_PORT: z.coerce.number().int(),
    LISTEN_HOST: z.string().default('0.0.0.0'),
    TLS_SECRET_ARN: z.string().min(1),
    CONTROL_TABLE: z.string().min(3),
  });
  const log = createLog('gateway');
  const store = await composeStore(log);
  const certificate = await readCertificate(variables.TLS_SECRET_ARN, createSecretsManager());
  const dynamo = createDynamoDb();
  const listener = await listenForChanges(store.db, store.clock, log, taskAddress(variables.LISTEN_HOST));
  const context: ImapContext & Pop3Context = {
    store,
    authenticators: [
      dbAuthenticator(store.db, store.options, {
        verify: cachedVerify(store.clock),
        secret: createHash('sha256').update(certificate.key).digest(),
      }),
    ],
    throttle: dynamoThrottle(dynamo, variables.CONTROL_TABLE, { clock: store.clock, log }),
    loginRest: dynamoLoginDelay(dynamo, variables.CONTROL_TABLE, store.clock),
    logonTimes: new LogonTimes(store.db, store.clock, (error) =>
      log.warn({ error }, 'logon times could not be written'),
    ),
    listener,
    accounts: watchAccounts(store.db, listener, log),
    indexes: new FolderIndexes(store.db),
    columns: new SearchColumnCache(store.db),
    contents: new ContentCache(),
    log,
    tls: createSecureContext({ ...certificate, minVersion: 'TLSv1.2' }),
  };
  const close = async (): Promise<void> => {
    context.accounts.close();
    await listener.close();
    await context.logonTimes.close();
    await store.close();
  };
  return { variables, certificate, context, log, close };
}
