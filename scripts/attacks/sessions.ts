import { ERROR_CODES } from '../../shared/mapi/error.ts';
import { type ApiClient, tenantOrder, userOrder } from '../clients/api-client.ts';
import { LineClient } from '../clients/line-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import { logonRequest, SoapClient } from '../clients/soap-client.ts';
import type { Attack, Target } from './attack.ts';

// Sessions that go on after their credentials were revoked.

/** A change is seen this late at most; then a session that is still open got through. */
const LATEST_MS = 5_000;

interface Scene {
  stack: Target['stack'];
  domain: string;
  change(method: string, path: string, body?: unknown): Promise<void>;
}

/** A tenant with ann and bob. */
async function scene({ stack, api }: Target, name: string): Promise<Scene> {
  const change = async (method: string, path: string, body?: unknown): Promise<void> => {
    const answer = await (api satisfies ApiClient)(method, `/v1/tenants${path}`, { as: 'provider', body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  await change('POST', '', tenantOrder(name));
  for (const user of ['ann', 'bob'])
    await change('POST', `/${name}/users`, {
      ...userOrder(user, `${name}.test`),
      features: ['imap', 'pop3'],
    });
  return { stack, domain: `${name}.test`, change };
}

async function open(port: number, ...dialogue: [send: string, until: RegExp][]): Promise<LineClient> {
  const client = await LineClient.open(port, { tls: true });
  for (const [send, until] of dialogue) {
    if (send !== '') client.write(`${send}\r\n`);
    for (let line = await client.line(); !until.test(line); line = await client.line())
      if (/^(-ERR|\w+ (NO|BAD))/.test(line)) throw new Error(line);
  }
  return client;
}

const imap = ({ stack, domain }: Scene, user: string): Promise<LineClient> =>
  open(
    stack.port('gateway', 'imaps'),
    ['', /^\* OK/],
    [`a LOGIN ${user}@${domain} "password of ${user}"`, /^a OK/],
    ['b SELECT INBOX', /^b OK/],
  );

const soap = ({ stack, domain }: Scene, user: string): Promise<SoapClient> =>
  SoapClient.logon({ port: stack.port('store-server', 'soap') }, `${user}@${domain}`, `password of ${user}`);

/** Whether a repeated request begins to fail in time. */
async function stops(attempt: () => Promise<boolean>): Promise<boolean> {
  for (const began = performance.now(); performance.now() - began < LATEST_MS; ) {
    if (!(await attempt().catch(() => false))) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

const fetches = (client: LineClient) => async (): Promise<boolean> => {
  client.write('z NOOP\r\n');
  return (await client.line()).startsWith('z OK');
};

const works = (client: SoapClient) => async (): Promise<boolean> => (await client.call('getStore', {})).er === 0;

export const attacks: readonly Attack[] = [
  {
    name: 'the sessions that a stolen password opened end when the password is changed',
    async run(target) {
      const place = await scene(target, 'stolen');
      const [mail, store] = await Promise.all([imap(place, 'ann'), soap(place, 'ann')]);
      await place.change('PUT', `/stolen/users/ann@${place.domain}/password`, { password: 'a new password' });
      return (await Promise.all([stops(fetches(mail)), stops(works(store))])).every(Boolean);
    },
  },
  {
    name: 'a POP3 session of a deactivated user deletes nothing at its end',
    async run(target) {
      const place = await scene(target, 'drop');
      const { stack, domain } = place;
      const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
      await lmtp.send([`ann@${domain}`], Buffer.from('From: <p@peer.test>\r\nSubject: kept\r\n\r\nx\r\n'));
      lmtp.close();
      const login: [string, RegExp][] = [
        ['', /^\+OK/],
        [`USER ann@${domain}`, /^\+OK/],
        ['PASS password of ann', /^\+OK/],
      ];
      const pop = await open(stack.port('gateway', 'pop3s'), ...login, ['DELE 1', /^\+OK/]);
      await place.change('PATCH', `/drop/users/ann@${domain}`, { active: false });
      const over = await Promise.race([
        pop.line().then((line) => line.startsWith('-ERR [AUTH]')),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LATEST_MS)),
      ]);
      pop.write('QUIT\r\n');
      await place.change('PATCH', `/drop/users/ann@${domain}`, { active: true });
      const again = await open(stack.port('gateway', 'pop3s'), ...login);
      again.write('STAT\r\n');
      const left = await again.line();
      again.close();
      return over && left.startsWith('+OK 1 ');
    },
  },
  {
    name: 'a session for another user ends with the rights of the administrator who opened it',
    async run(target) {
      const place = await scene(target, 'acting');
      const { stack, domain } = place;
      const client = new SoapClient({ port: stack.port('store-server', 'soap') });
      const { er, ulSessionId } = await client.call('logon', {
        ...logonRequest(`admin@${domain}`, 'password of admin'),
        szImpersonateUser: `ann@${domain}`,
      });
      if (er !== 0) throw new Error('an administrator of the tenant may act for ann');
      client.session = ulSessionId ?? 0n;
      if (!(await works(client)())) throw new Error('the session should work while its administrator is one');
      await place.change('PATCH', `/acting/users/admin@${domain}`, { adminLevel: 0 });
      return (await stops(works(client))) && (await client.call('getStore', {})).er === ERROR_CODES.END_OF_SESSION;
    },
  },
  {
    name: 'a user who was removed from a group cannot read by its rights any longer, in a session that stays open',
    async run(target) {
      const place = await scene(target, 'group');
      const { domain } = place;
      await place.change('POST', '/group/groups', { name: 'team' });
      await place.change('PUT', `/group/groups/team/users/bob@${domain}`);
      const [ann, bob] = [await soap(place, 'ann'), await soap(place, 'bob')];
      const { sGroupId } = await ann.call('resolveGroupname', { lpszGroupname: 'team' });
      const { sRootId } = await ann.call('getStore', {});
      const root = sRootId ?? Buffer.alloc(0);
      const { result } = await ann.call('setRights', {
        sEntryId: root,
        lpsrightsArray: [{ ulUserid: 0, sUserId: sGroupId ?? Buffer.alloc(0), ulType: 2, ulRights: 0x401, ulState: 1 }],
      });
      if (result !== 0) throw new Error(`setRights: ${result}`);
      const reads = async () => (await bob.call('tableOpen', { sEntryId: root, ulTableType: 1, ulType: 3 })).er === 0;
      if (!(await reads())) throw new Error('bob should read as long as the group may');
      await place.change('DELETE', `/group/groups/team/users/bob@${domain}`);
      return (await stops(reads)) && (await works(bob)());
    },
  },
  {
    name: 'suspension of a tenant ends waiting sessions: IDLE, and a call for notifications',
    async run(target) {
      const place = await scene(target, 'waiting');
      const idle = await imap(place, 'ann');
      idle.write('c IDLE\r\n');
      await idle.line();
      const waiting = (await soap(place, 'bob')).call('notifyGetItems', {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      await place.change('POST', '/waiting/suspend');
      const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), LATEST_MS));
      const [bye, answer] = await Promise.all([Promise.race([idle.line(), late]), Promise.race([waiting, late])]);
      return (bye ?? '').startsWith('* BYE') && answer?.er === ERROR_CODES.END_OF_SESSION;
    },
  },
];
