import { type ApiAnswer, type ApiClient, tenantOrder, userOrder } from '../clients/api-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import { SoapClient } from '../clients/soap-client.ts';
import { SubmissionClient } from '../clients/submission-client.ts';
import type { Attack, Target } from './attack.ts';

/** A tenant with an administrator `admin@NAME.test`, and a key of each scope. */
async function makeTenant(api: ApiClient, name: string): Promise<Record<'tenant' | 'create-users', string>> {
  const made = await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
  if (made.status !== 201) throw new Error(`${name}: ${JSON.stringify(made.body)}`);
  const key = async (scope: string): Promise<string> =>
    (await api('POST', `/v1/tenants/${name}/keys`, { as: 'provider', body: { name: scope, scope } })).body.secret;
  return { tenant: await key('tenant'), 'create-users': await key('create-users') };
}

const claim = (api: ApiClient, tenant: string, as: string, name: string, more = {}): Promise<ApiAnswer> =>
  api('POST', `/v1/tenants/${tenant}/domains`, { as, body: { name, ...more } });

/** The answers must be equal, so that they do not reveal which domains exist. */
const alike = (answers: readonly ApiAnswer[]): boolean =>
  new Set(answers.map(({ status, body }) => JSON.stringify([status, { ...body, detail: undefined }]))).size === 1;

async function rcpt({ stack }: Target, address: string): Promise<string> {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  try {
    return (await client.send([address], Buffer.from('Subject: x\r\n\r\nx\r\n')))[0] ?? '';
  } finally {
    client.close();
  }
}

/** Whether a submission is refused. */
async function refused({ stack }: Target, user: string, sender: string): Promise<boolean> {
  const port = stack.port('submission', 'submissions');
  const client = await SubmissionClient.open(port, user, `password of ${user.split('@')[0]}`);
  try {
    const code = await client.send(sender, ['x@out.test'], Buffer.from(`From: ${sender}\r\nSubject: x\r\n\r\nx`));
    return code !== undefined && code >= 500;
  } finally {
    client.close();
  }
}

export const attacks: readonly Attack[] = [
  {
    name: 'a key that claims a foreign domain gets no address, login, mail or sender in it',
    async run(target) {
      const { api } = target;
      const { tenant: key } = await makeTenant(api, 'claims');
      const domain = 'a-bank-of-the-world.com';
      const claimed = await claim(api, 'claims', key, domain);
      const login = 'ceo@claims.test';
      const users = [
        userOrder('ceo', domain),
        { ...userOrder('ceo', domain), login },
        { ...userOrder('ceo', domain), login, email: login, aliases: [`ceo@${domain}`] },
      ];
      const made = await Promise.all(users.map((body) => api('POST', '/v1/tenants/claims/users', { as: key, body })));
      const group = await api('POST', '/v1/tenants/claims/groups', {
        as: key,
        body: { name: 'all', email: `all@${domain}` },
      });
      return (
        claimed.body.verified === false &&
        [...made, group].every(({ status }) => status === 422) &&
        /^550/.test(await rcpt(target, `ceo@${domain}`)) &&
        (await refused(target, 'admin@claims.test', `ceo@${domain}`))
      );
    },
  },
  {
    name: 'a claim is not proved without the record, and a key cannot vouch for a domain',
    async run({ api }) {
      const { tenant: key } = await makeTenant(api, 'vouches');
      const vouched = await claim(api, 'vouches', key, 'vouched-for.com', { verified: true });
      await claim(api, 'vouches', key, 'not-published.com');
      const verified = await api('POST', '/v1/tenants/vouches/domains/not-published.com/verify', { as: key });
      return vouched.status === 403 && verified.status === 409;
    },
  },
  {
    name: 'reserved names, our own mail host and domains around another tenant’s are not claimed',
    async run({ api }) {
      await makeTenant(api, 'owner-of-around');
      await api('POST', '/v1/tenants/owner-of-around/domains', { as: 'provider', body: { name: 'mid.around.com' } });
      const { tenant: key } = await makeTenant(api, 'around');
      const answers = await Promise.all(
        [
          ...[
            'co.uk',
            'github.io',
            'mail.example.com',
            'example.com',
            'x.mail.example.com',
            'free.test',
            'a.localhost',
          ],
          ...['around.com', 'mid.around.com', 'sub.mid.around.com', 'sub.owner-of-around.test'],
        ].map((name) => claim(api, 'around', key, name)),
      );
      return answers.every(({ status }) => status === 422 || status === 409);
    },
  },
  {
    name: 'the first claim excludes no other tenant',
    async run({ api }) {
      const [first, second] = [await makeTenant(api, 'squats'), await makeTenant(api, 'squatted')];
      const [one, two] = [
        await claim(api, 'squats', first.tenant, 'wanted-by-two.com'),
        await claim(api, 'squatted', second.tenant, 'wanted-by-two.com'),
      ];
      return two.status === 201 && one.body.dns[0].value !== two.body.dns[0].value;
    },
  },
  {
    name: 'logins in another tenant’s domain are not made, and the answers do not reveal which exist',
    async run({ api }) {
      await makeTenant(api, 'has-logins');
      const keys = await makeTenant(api, 'wants-logins');
      const route = '/v1/tenants/wants-logins/users';
      const order = userOrder('mine', 'wants-logins.test');
      const there = ['admin@has-logins.test', 'nobody@has-logins.test', 'nobody@hosted-nowhere.test', 'plain-name'];
      const made = await Promise.all(
        Object.values(keys).flatMap((as) =>
          there.map((login) => api('POST', route, { as, body: { ...order, login } })),
        ),
      );
      await api('POST', route, { as: keys.tenant, body: order });
      const moved = await Promise.all(
        there.map((login) => api('PATCH', `${route}/${order.login}`, { as: keys.tenant, body: { login } })),
      );
      const addressed = await Promise.all(
        there.slice(0, 3).map((email) => api('PATCH', `${route}/${order.login}`, { as: keys.tenant, body: { email } })),
      );
      return (
        [made, moved, addressed].every(alike) && [...made, ...moved, ...addressed].every(({ status }) => status === 422)
      );
    },
  },
  {
    name: 'an administrator of a tenant cannot create or rename a user into another tenant’s domain over Kopano’s own protocol',
    async run({ api, stack }) {
      await makeTenant(api, 'soap-victim');
      await makeTenant(api, 'soap-admin');
      const client = await SoapClient.logon(
        { port: stack.port('store-server', 'soap') },
        'admin@soap-admin.test',
        'password of admin',
      );
      const user = (login: string, more = {}) => ({
        lpsUser: {
          ...{ ulUserId: 0, lpszUsername: login, lpszPassword: 'a long password', lpszFullName: 'X' },
          ...{
            lpszMailAddress: 'new@soap-admin.test',
            ulIsAdmin: 0,
            ulIsABHidden: 0,
            ulIsNonActive: 0,
            ulCapacity: 0,
            ulObjClass: 0x10001,
          },
          ...more,
        },
      });
      const logins = ['admin@soap-victim.test', 'new@soap-victim.test', 'new@hosted-nowhere.test'];
      const codes: number[] = [];
      for (const login of logins) codes.push((await client.call('createUser', user(login))).er ?? 0);
      const own = await client.call('createUser', user('new@soap-admin.test'));
      if (own.er !== 0) throw new Error(`a user of the own domain could not be made: ${own.er}`);
      for (const login of logins) {
        const change = user(login, { ulUserId: own.ulUserId, sUserId: own.sUserId, ulIsAdmin: 0xffffffff });
        codes.push((await client.call('setUser', change)).result ?? 0);
      }
      return new Set(codes).size === 1 && codes[0] !== 0;
    },
  },
];
