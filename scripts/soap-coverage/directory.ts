import type { User } from '../../shared/protocol/soap/interface.ts';
import type { SoapClient } from '../clients/soap-client.ts';
import { created, uniqueNumber } from './values.ts';

const ACTIVE_USER = 0x10001;

export const userId = ({ sUserId }: User): Buffer => sUserId ?? Buffer.alloc(0);

/** A user as createUser takes it. */
export const userRequest = (login: string): User => ({
  ulUserId: 0,
  lpszUsername: login,
  lpszPassword: 'password',
  lpszMailAddress: login,
  lpszFullName: 'Extra',
  ulIsNonActive: 0,
  ulIsAdmin: 0,
  ulIsABHidden: 0,
  ulCapacity: 0,
  ulObjClass: ACTIVE_USER,
});

const loginsOf = (users: readonly User[] = []): string[] => users.map(({ lpszUsername }) => lpszUsername ?? '');

/** Users, groups and companies, through the session of SYSTEM: makes them for checks and reads them back. */
export class Directory {
  readonly system: SoapClient;

  constructor(system: SoapClient) {
    this.system = system;
  }

  async userOf(lpszUsername: string): Promise<User> {
    const { sUserId = Buffer.alloc(0) } = await this.system.call('resolveUsername', { lpszUsername });
    const { lpsUser } = await this.system.call('getUser', { sUserId });
    if (!lpsUser) throw new Error(`there is no user ${lpszUsername}`);
    return lpsUser;
  }

  async companyOf(lpszCompanyname: string): Promise<Buffer> {
    const { sCompanyId, er } = await this.system.call('resolveCompanyname', { lpszCompanyname });
    return created(sCompanyId, er);
  }

  async newUser(): Promise<User> {
    const login = `extra${uniqueNumber()}@a.test`;
    const { sUserId, er } = await this.system.call('createUser', { lpsUser: userRequest(login) });
    created(sUserId, er);
    return this.userOf(login);
  }

  async newGroup(): Promise<Buffer> {
    const lpszGroupname = `group${uniqueNumber()}@a.test`;
    const lpsGroup = { ulGroupId: 0, lpszGroupname, lpszFullname: 'Group', ulIsABHidden: 0 };
    const { sGroupId, er } = await this.system.call('createGroup', { lpsGroup });
    return created(sGroupId, er);
  }

  async newCompany(): Promise<Buffer> {
    const lpszCompanyname = `extra${uniqueNumber()}.test`;
    const lpsCompany = { ulCompanyId: 0, ulAdministrator: 0, lpszCompanyname, ulIsABHidden: 0 };
    const { sCompanyId, er } = await this.system.call('createCompany', { lpsCompany });
    return created(sCompanyId, er);
  }

  /** The GUID of a store that no user has any more. */
  async newOrphan(): Promise<Buffer> {
    const user = await this.newUser();
    const store = { szUserName: user.lpszUsername ?? '', ulStoreTypeMask: 0 };
    const { guid, er } = await this.system.call('resolveUserStore', store);
    await this.system.call('unhookStore', { ulStoreType: 0, sUserId: userId(user) });
    return created(guid, er);
  }

  async membersOf(sGroupId: Buffer): Promise<string[]> {
    return loginsOf((await this.system.call('getUserListOfGroup', { sGroupId })).sUserArray);
  }

  /** Logins of the users who may send as a user. */
  async sendersOf(sUserId: Buffer): Promise<string[]> {
    return loginsOf((await this.system.call('getSendAsList', { sUserId })).sUserArray);
  }

  /** The companies that a company may be seen by. */
  async viewersOf(sCompanyId: Buffer): Promise<string[]> {
    const { sCompanyArray = [] } = await this.system.call('getRemoteViewList', { sCompanyId });
    return sCompanyArray.map(({ lpszCompanyname }) => lpszCompanyname ?? '');
  }

  async administratorsOf(sCompanyId: Buffer): Promise<string[]> {
    return loginsOf((await this.system.call('getRemoteAdminList', { sCompanyId })).sUserArray);
  }

  /** Logins of the users who get the quota mails of a user. */
  async quotaRecipientsOf(sUserId: Buffer): Promise<string[]> {
    return loginsOf((await this.system.call('GetQuotaRecipients', { sUserId })).sUserArray);
  }
}
