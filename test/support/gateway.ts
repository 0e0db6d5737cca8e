import { type AddressInfo, createServer } from 'node:net';
import type { ImapContext } from '../../services/gateway/imap/imap-context.ts';
import { serveImap } from '../../services/gateway/imap/serve.ts';
import { dbAuthenticator } from '../../shared/directory/login/db-authenticator.ts';
import { cachedVerify } from '../../shared/directory/login/password-cache.ts';
import { serveSessions } from '../../shared/net/session-server.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { ContentCache } from '../../shared/store/messages/content-cache.ts';
import { FolderIndexes } from '../../shared/store/messages/folder-index.ts';
import { SearchColumnCache } from '../../shared/store/messages/search-column-cache.ts';
import type { TestStore } from './test-store.ts';

export interface TestGateway {
  /** Without TLS; passwords are accepted all the same. */
  port: number;
  close(): void;
}

/** An IMAP gateway on a store, within this process, with parts of a test's own. No change signal reaches its sessions. */
export async function startTestGateway(store: TestStore, own: Partial<ImapContext> = {}): Promise<TestGateway> {
  const context = {
    store,
    authenticators: [dbAuthenticator(store.db, store.options, { verify: cachedVerify(store.clock) })],
    throttle: { reserve: async () => ({ settle: async () => {} }) },
    accounts: { watch: () => () => {}, close: () => {} },
    logonTimes: { loggedOn() {}, loggedOff() {} },
    listener: { watch: () => () => {}, close: async () => {} },
    indexes: new FolderIndexes(store.db),
    columns: new SearchColumnCache(store.db),
    contents: new ContentCache(),
    checkToken: undefined,
    log: silentLog,
    tls: undefined,
    ...own,
  } as unknown as ImapContext;
  const { accept } = serveSessions((socket) => serveImap(socket, context, true), silentLog);
  const server = createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
