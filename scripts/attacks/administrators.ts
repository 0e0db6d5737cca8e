import type { User } from '../../shared/protocol/soap/interface.ts';
import { tenantOrder, userOrder } from '../clients/api-client.ts';
import { logonRequest, SoapClient } from '../clients/soap-client.ts';
import type { Attack, Target } from './attack.ts';

// Administrators and API keys of a tenant against users with more rights.

const PASSWORD = 'password of intruder';

interface Scene {
  domain: string;
  system: SoapClient;
  /** An administrator of the tenant (level 1), the attacker. */
  admin: SoapClient;
  /** A plain user. */
  user: SoapClient;
  key: string;
  domainKey: string;
  person(login: string): Promise<User>;
}

/** A tenant with admin (level 1), chief (level 2) and user (level 0). */
async function scene({ stack, api }: Target, name: string): Promise<Scene> {
  const domain = `${name}.test`;
  await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
  for (const login of ['chief', 'user', 'other'])
    await api('POST', `/v1/tenants/${name}/users`, { as: 'provider', body: userOrder(login, domain) });
  const key = async (body: object): Promise<string> =>
    (await api('POST', `/v1/tenants/${name}/keys`, { as: 'provider', body: { name: 'key', ...body } })).body.secret;
  const tcp = { port: stack.port('store-server', 'soap') };
  const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  const person = async (login: string): Promise<User> => {
    const { sUserId } = await system.call('resolveUsername', { lpszUsername: `${login}@${domain}` });
    return (await system.call('getUser', { sUserId: sUserId ?? Buffer.alloc(0) })).lpsUser as User;
  };
  await system.call('setUser', { lpsUser: { ...(await person('chief')), ulIsAdmin: 2 } });
  return {
    domain,
    system,
    person,
    admin: await SoapClient.logon(tcp, `admin@${domain}`, 'password of admin'),
    user: await SoapClient.logon(tcp, `user@${domain}`, 'password of user'),
    key: await key({ scope: 'tenant' }),
    domainKey: await key({ scope: 'domain', domain }),
  };
}

const refused = (answer: { er?: number; result?: number }): boolean => (answer.er ?? answer.result ?? 0) !== 0;

/** Routes that change a user, or open the user's data. */
const routes = (tenant: string, login: string, other: string): [method: string, path: string, body?: unknown][] => {
  const path = `/v1/tenants/${tenant}/users/${login}`;
  return [
    ['PUT', `${path}/password`, { password: PASSWORD }],
    ['PATCH', path, { active: false }],
    ['PATCH', path, { adminLevel: 0 }],
    ['PATCH', path, { login: `moved@${tenant}.test` }],
    ['PATCH', path, { email: `moved@${tenant}.test` }],
    ['PUT', `${path}/send-as/${other}`],
    ['DELETE', `${path}/send-as/${other}`],
    ['GET', `${path}/deleted`],
    ['POST', `${path}/deleted/restore`, {}],
    ['DELETE', path],
  ];
};

async function throughRoutes({ api }: Target, as: string, tenant: string, login: string): Promise<boolean> {
  for (const [method, path, body] of routes(tenant, login, `other@${tenant}.test`)) {
    const { status } = await api(method, path, { as, body });
    if (status !== 403) {
      console.log(`${method} ${path} answered ${status}`);
      return false;
    }
  }
  return true;
}

const companyOf = async ({ system }: Scene, name: string): Promise<Buffer> =>
  (await system.call('resolveCompanyname', { lpszCompanyname: name })).sCompanyId ?? Buffer.alloc(0);

export const attacks: readonly Attack[] = [
  {
    name: 'a key of a tenant cannot change an administrator of the system who has an account there',
    async run(target) {
      const { key } = await scene(target, 'rights-key');
      return throughRoutes(target, key, 'rights-key', 'chief@rights-key.test');
    },
  },
  {
    name: 'a key of a domain cannot change an administrator of the tenant',
    async run(target) {
      const { domainKey } = await scene(target, 'rights-domain');
      return throughRoutes(target, domainKey, 'rights-domain', 'admin@rights-domain.test');
    },
  },
  {
    name: 'a key of a domain cannot make an administrator, nor a key of a tenant an administrator of the system',
    async run(target) {
      const { key, domainKey } = await scene(target, 'rights-make');
      const level = async (as: string, adminLevel: number) =>
        (
          await target.api('PATCH', '/v1/tenants/rights-make/users/user@rights-make.test', {
            as,
            body: { adminLevel },
          })
        ).status;
      return (await level(domainKey, 1)) === 403 && (await level(key, 2)) === 422;
    },
  },
  {
    name: 'a key of a domain cannot change a user who administers another tenant',
    async run(target) {
      const here = await scene(target, 'rights-partner');
      await scene(target, 'rights-client');
      await here.system.call('addUserToRemoteAdminList', {
        sUserId: (await here.person('user')).sUserId,
        sCompanyId: await companyOf(here, 'rights-client'),
      });
      const login = 'user@rights-partner.test';
      return (
        (await throughRoutes(target, here.domainKey, 'rights-partner', login)) &&
        (await throughRoutes(target, here.key, 'rights-partner', login))
      );
    },
  },
  {
    name: 'an administrator of a tenant cannot act as an administrator of the system, and gets the answer of an unknown user',
    async run(target) {
      await scene(target, 'rights-act');
      const as = async (szImpersonateUser: string) => {
        const client = new SoapClient({ port: target.stack.port('store-server', 'soap') });
        const request = logonRequest('admin@rights-act.test', 'password of admin');
        return (await client.call('logon', { ...request, szImpersonateUser })).er;
      };
      const chief = await as('chief@rights-act.test');
      return chief !== 0 && chief === (await as('nobody@rights-act.test')) && (await as('user@rights-act.test')) === 0;
    },
  },
  {
    name: 'an administrator of a tenant cannot change, delete, detach or read an administrator of the system',
    async run(target) {
      const { admin, system, person, domain } = await scene(target, 'rights-soap');
      const chief = await person('chief');
      const sUserId = chief.sUserId ?? Buffer.alloc(0);
      const other = (await person('other')).sUserId ?? Buffer.alloc(0);
      const { sStoreId, guid } = await system.call('resolveUserStore', {
        szUserName: `chief@${domain}`,
        ulStoreTypeMask: 1,
      });
      const { sReceiveFolder } = await system.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
      const sInbox = sReceiveFolder?.sEntryId;
      const quota = {
        ...{ bUseDefaultQuota: false, bIsUserDefaultQuota: false },
        ...{ llWarnSize: 1n, llSoftSize: 1n, llHardSize: 1n },
      };
      const answers = {
        password: await admin.call('setUser', { lpsUser: { ...chief, lpszPassword: PASSWORD } }),
        level: await admin.call('setUser', { lpsUser: { ...chief, ulIsAdmin: 0 } }),
        name: await admin.call('setUser', { lpsUser: { ...chief, lpszUsername: `moved@${domain}` } }),
        delete: await admin.call('deleteUser', { sUserId }),
        quota: await admin.call('SetQuota', { sUserId, lpsQuota: quota }),
        sendAs: await admin.call('addSendAsUser', { sUserId, sSenderId: other }),
        unhook: await admin.call('unhookStore', { ulStoreType: 0, sUserId }),
        archive: await admin.call('createStore', { ulStoreType: 2, ulUserId: 0, sUserId }),
        hook: await admin.call('hookStore', { ulStoreType: 0, sUserId: other, sStoreGuid: guid }),
        folder: await admin.call('loadObject', { sEntryId: sInbox }),
        table: await admin.call('tableOpen', { sEntryId: sInbox, ulTableType: 1, ulType: 5 }),
        create: await admin.call('createFolder', { sParentId: sInbox, ulType: 1, szName: 'x', szComment: '' }),
        rights: await admin.call('setRights', {
          sEntryId: sInbox,
          lpsrightsArray: [{ ulUserid: 0, sUserId: other, ulType: 2, ulRights: 0x5fb, ulState: 1 }],
        }),
        promote: await admin.call('setUser', { lpsUser: { ...(await person('admin')), ulIsAdmin: 2 } }),
      };
      for (const [what, answer] of Object.entries(answers))
        if (!refused(answer)) console.log(`${what} was not refused`);
      return Object.values(answers).every(refused);
    },
  },
  {
    name: 'the id of a group or a tenant makes no user of that id an administrator',
    async run(target) {
      const here = await scene(target, 'rights-kind');
      const there = await scene(target, 'rights-victim');
      await target.api('POST', '/v1/tenants/rights-kind/groups', { as: 'provider', body: { name: 'group' } });
      const { sGroupId } = await here.admin.call('resolveGroupname', { lpszGroupname: 'group' });
      const sCompanyId = await companyOf(here, 'rights-kind');
      const before = await here.system.call('getRemoteAdminList', { sCompanyId });
      const answers = [];
      for (const sUserId of [sGroupId, sCompanyId])
        answers.push(await here.admin.call('addUserToRemoteAdminList', { sUserId, sCompanyId }));
      // A numeric id alone, of every kind, and one with the entry id of a user.
      for (let ulUserId = 3; ulUserId < 60; ulUserId++) {
        const answer = await here.admin.call('addUserToRemoteAdminList', { ulUserId, sCompanyId });
        const forged = Buffer.from((await here.person('user')).sUserId ?? Buffer.alloc(0));
        forged.writeUInt32LE(ulUserId, 28);
        answers.push(await here.admin.call('addUserToRemoteAdminList', { sUserId: forged, sCompanyId }));
        if (!refused(answer)) await here.admin.call('delUserFromRemoteAdminList', { ulUserId, sCompanyId });
      }
      const after = await here.system.call('getRemoteAdminList', { sCompanyId });
      const strangers = (after.sUserArray ?? []).filter(({ lpszUsername }) => !lpszUsername?.endsWith(here.domain));
      const own = (await there.person('user')).sUserId;
      answers.push(await here.admin.call('addUserToRemoteAdminList', { sUserId: own, sCompanyId }));
      return (
        answers.slice(0, 2).every(refused) && refused(answers.at(-1) ?? {}) && strangers.length === 0 && before.er === 0
      );
    },
  },
  {
    name: 'SOAP refuses malformed logins, names, addresses and passwords',
    async run(target) {
      const { admin, system, domain } = await scene(target, 'rights-names');
      const user = { ulUserId: 0, lpszUsername: `new@${domain}`, lpszPassword: 'a long password' };
      const whole = {
        ...user,
        lpszMailAddress: `new@${domain}`,
        lpszFullName: 'New',
        ulObjClass: 0x10001,
        ulIsAdmin: 0,
      };
      const wrong = [
        { lpszUsername: '' },
        { lpszUsername: 'SYSTEM' },
        { lpszUsername: `a\nb@${domain}` },
        { lpszUsername: `@${domain}` },
        { lpszMailAddress: 'x@evil.test' },
        { lpszFullName: 'New\r\nBcc: x@evil.test' },
        { lpszPassword: 'x' },
        { lpszPassword: '' },
        { ulIsAdmin: 7 },
      ];
      for (const change of wrong)
        if (!refused(await admin.call('createUser', { lpsUser: { ...whole, ...change } as User }))) return false;
      for (const lpszGroupname of ['', 'a\nb', 'a/b', 'Everyone', 'SYSTEM'])
        if (!refused(await admin.call('createGroup', { lpsGroup: { ulGroupId: 0, ulIsABHidden: 0, lpszGroupname } })))
          return false;
      const company = { ulCompanyId: 0, ulAdministrator: 0, ulIsABHidden: 0 };
      for (const lpszCompanyname of ['', 'a\nb', 'a/b', 'system'])
        if (!refused(await system.call('createCompany', { lpsCompany: { ...company, lpszCompanyname } }))) return false;
      return !refused(await admin.call('createUser', { lpsUser: whole as User }));
    },
  },
  {
    name: 'a session that was opened without the password cannot change it',
    async run(target) {
      const { system, person, domain } = await scene(target, 'rights-own');
      const lpsUser = { ...(await person('user')), lpszPassword: 'a password of the thief' };
      const socket = { socketPath: target.stack.soapSocket };
      // A program that may act for every user, and an administrator who acts for one.
      const trusted = await SoapClient.logon(socket, `user@${domain}`);
      const acting = new SoapClient({ port: target.stack.port('store-server', 'soap') });
      const logon = { ...logonRequest(`admin@${domain}`, 'password of admin'), szImpersonateUser: `user@${domain}` };
      acting.session = (await acting.call('logon', logon)).ulSessionId ?? 0n;
      const own = await SoapClient.logon(acting.address, `user@${domain}`, 'password of user');
      return (
        refused(await trusted.call('setUser', { lpsUser })) &&
        refused(await acting.call('setUser', { lpsUser })) &&
        !refused(await own.call('setUser', { lpsUser })) &&
        !refused(await system.call('setUser', { lpsUser }))
      );
    },
  },
  {
    name: 'users do not see hidden users in Everyone',
    async run(target) {
      const { user, admin, domain } = await scene(target, 'rights-hidden');
      await target.api('PATCH', `/v1/tenants/rights-hidden/users/other@${domain}`, {
        as: 'provider',
        body: { hidden: true },
      });
      const { sGroupId } = await user.call('resolveGroupname', { lpszGroupname: 'Everyone' });
      const names = async (client: SoapClient) =>
        ((await client.call('getUserListOfGroup', { sGroupId })).sUserArray ?? []).map(
          ({ lpszUsername }) => lpszUsername,
        );
      const shown = await names(user);
      return (
        !shown.includes(`other@${domain}`) &&
        shown.includes(`user@${domain}`) &&
        (await names(admin)).includes(`other@${domain}`)
      );
    },
  },
];
