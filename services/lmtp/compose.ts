import { hostname } from 'node:os';
import { z } from 'zod';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { readVariables } from '../../shared/platform/environment.ts';
import { createLog } from '../../shared/platform/log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { LmtpContext } from './session.ts';

/** Makes the pool, the clients, the log and the ports of the service, from its environment. */
export async function compose() {
  const { LMTP_PORT, LISTEN_HOST } = readVariables({
    LMTP_PORT: z.coerce.number().int(),
    LISTEN_HOST: z.string().default('0.0.0.0'),
  });
  const log = createLog('lmtp');
  const store = await composeStore(log);
  const context: LmtpContext = {
    store,
    directory: dbSource(store.db, store.options),
    log,
    hostname: hostname(),
  };
  return { port: LMTP_PORT, host: LISTEN_HOST, context, log, close: store.close };
}
