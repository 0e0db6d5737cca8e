import type { User } from '../../shared/protocol/soap/interface.ts';
import { type SoapAddress, SoapClient } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import { Directory } from './directory.ts';
import { Mailbox } from './mailbox.ts';

/** Two companies with their users, each with a session; made anew for every run. */
export interface Environment {
  tcp: SoapAddress;
  /** Over the local socket; may do everything. */
  system: SoapClient;
  /** The user of a.test whose mailbox the checks use. */
  anna: SoapClient;
  /** A colleague of anna without rights on her store. */
  bert: SoapClient;
  /** The administrator of b.test. */
  boss: SoapClient;
  mailbox: Mailbox;
  directory: Directory;
  users: { anna: User; bert: User; dora: User };
  companyA: Buffer;
  /** Gives anna, bert and boss new sessions, after a check that ends them. */
  logOnAgain(): Promise<void>;
}

const PASSWORD = 'pass';

export async function createEnvironment(stack: TemporaryStack): Promise<Environment> {
  await stack.tenant('a.test', ['anna', 'bert', 'dora']);
  await stack.tenant('b.test', ['boss', 'cleo']);
  const tcp = { port: stack.port('store-server', 'soap') };
  const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  const directory = new Directory(system);
  await system.call('setUser', { lpsUser: { ...(await directory.userOf('boss@b.test')), ulIsAdmin: 1 } });
  const anna = await SoapClient.logon(tcp, 'anna@a.test', PASSWORD);
  const bert = await SoapClient.logon(tcp, 'bert@a.test', PASSWORD);
  const boss = await SoapClient.logon(tcp, 'boss@b.test', PASSWORD);
  const users = {
    anna: await directory.userOf('anna@a.test'),
    bert: await directory.userOf('bert@a.test'),
    dora: await directory.userOf('dora@a.test'),
  };
  return {
    ...{ tcp, system, anna, bert, boss, directory, users },
    mailbox: await Mailbox.open(anna),
    companyA: await directory.companyOf('a.test'),
    async logOnAgain() {
      const sessions = { 'anna@a.test': anna, 'bert@a.test': bert, 'boss@b.test': boss };
      for (const [login, client] of Object.entries(sessions))
        client.session = (await SoapClient.logon(tcp, login, PASSWORD)).session;
    },
  };
}
