import { SERVER_NAME } from '../../../shared/address-book/server-name.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Server } from '../../../shared/protocol/soap/interface.ts';
import { purgeSoftDeleted } from '../../../shared/store/upkeep/purge.ts';
import { requireAdministersSystem } from '../administrators.ts';
import { licenceAnswer } from '../licence.ts';
import { SERVER_PATH } from '../server-identity.ts';
import type { Operations } from './operation.ts';

const DAY_MS = 86_400_000;
const BATCH = 500;

export const serverOperations: Operations<
  | 'resolvePseudoUrl'
  | 'getServerDetails'
  | 'getLicenseAuth'
  | 'purgeSoftDelete'
  | 'purgeDeferredUpdates'
  | 'purgeCache'
  | 'testPerform'
  | 'testSet'
  | 'testGet'
> = {
  /** All tasks are equal: a client that resolves a pseudo URL is at the right server already, and keeps the URL. */
  async resolvePseudoUrl(_call, { lpszPseudoUrl }) {
    if (!lpszPseudoUrl?.startsWith('pseudo://')) throw new PamojaError('INVALID_PARAMETER', 'not a pseudo URL');
    return { lpszServerPath: lpszPseudoUrl, bIsPeer: true, er: 0 };
  },

  async getServerDetails(_call, { szaSvrNameList }) {
    const names = szaSvrNameList && szaSvrNameList.length > 0 ? szaSvrNameList : [SERVER_NAME];
    if (names.some((name) => name.toLowerCase() !== SERVER_NAME.toLowerCase()))
      throw new PamojaError('NOT_FOUND', 'no such server');
    const server: Server = { lpszName: SERVER_NAME, lpszPreferedPath: SERVER_PATH, ulFlags: 1 };
    return { sServerList: names.map(() => server), er: 0 };
  },

  async getLicenseAuth(_call, { sAuthData }) {
    const answer = licenceAnswer(sAuthData);
    if (!answer) throw new PamojaError('INVALID_PARAMETER', 'not a licence request');
    return { sAuthResponse: answer, er: 0 };
  },

  /** Removes what was deleted more than `ulDays` days ago; 0 removes everything that is soft-deleted (manual 7.5). */
  async purgeSoftDelete(call, { ulDays }) {
    requireAdministersSystem(call);
    const { store } = call.context;
    const before = store.clock() - ulDays * DAY_MS + (ulDays === 0 ? 1 : 0);
    while ((await purgeSoftDeleted(store, before, BATCH)) > 0);
    return { result: 0 };
  },

  /** There are no deferred updates: the columns of tables are written at once. Clients call this until NOT_FOUND. */
  async purgeDeferredUpdates(call) {
    requireAdministersSystem(call);
    throw new PamojaError('NOT_FOUND', 'nothing is left to do');
  },

  /** There is no cache to purge: nothing is cached beyond a request and a table. */
  async purgeCache(call) {
    requireAdministersSystem(call);
    call.context.counters.mark('cache_purge_date', call.context.store.clock());
    for (const session of call.context.sessions.list()) for (const table of session.tables.values()) table.invalidate();
    return { result: 0 };
  },

  async testPerform(call, { cmd }) {
    requireAdministersSystem(call);
    switch (cmd) {
      case 'kill_sessions':
        for (const session of call.context.sessions.list())
          if (session !== call.session) call.context.sessions.close(session);
        return { result: 0 };
      case 'purge_softdelete':
      case 'run_searchfolders':
      case 'delete_folders':
        return { result: 0 };
      default:
        throw new PamojaError('INVALID_PARAMETER', 'unknown test');
    }
  },

  async testSet(call, { name, value }) {
    requireAdministersSystem(call);
    if (!name) throw new PamojaError('INVALID_PARAMETER', 'no name');
    call.context.testValues.set(name.slice(0, 100), (value ?? '').slice(0, 1000));
    if (call.context.testValues.size > 100) call.context.testValues.clear();
    return { result: 0 };
  },

  async testGet(call, { name }) {
    requireAdministersSystem(call);
    if (name === 'ping') return { szValue: 'pong', er: 0 };
    const value = call.context.testValues.get(name ?? '');
    if (value === undefined) throw new PamojaError('NOT_FOUND', 'no such value');
    return { szValue: value, er: 0 };
  },
};
