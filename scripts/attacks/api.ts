import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { type ApiClient, tenantOrder, userOrder } from '../clients/api-client.ts';
import type { Attack } from './attack.ts';

/** A tenant `name`, and a key that may do all that a tenant's keys may. */
async function makeTenant(api: ApiClient, name: string): Promise<string> {
  const made = await api('POST', '/v1/tenants', { as: 'provider', body: tenantOrder(name) });
  if (made.status !== 201) throw new Error(`${name}: ${JSON.stringify(made.body)}`);
  return (await api('POST', `/v1/tenants/${name}/keys`, { as: 'provider', body: { name: 'k', scope: 'tenant' } })).body
    .secret;
}

export const attacks: readonly Attack[] = [
  {
    name: 'a name with blanks, control characters or other letters around it is not the same name',
    async run({ api }) {
      const key = await makeTenant(api, 'exact');
      const paths = ['exact%20', '%20exact', 'exact%00', 'EXACT', 'exact%2f', 'exact/users/admin@exact.test%20'];
      const answers = await Promise.all(
        ['provider', key].flatMap((as) => paths.map((path) => api('GET', `/v1/tenants/${path}`, { as }))),
      );
      return answers.every(({ status }) => status === 404);
    },
  },
  {
    name: 'malformed page cursors are refused, and cause no internal error',
    async run({ api }) {
      const key = await makeTenant(api, 'pages-of');
      const values = ['1e400', '-1', 'NaN', '0x10', '9'.repeat(40), '%00', '1%27', '%F0%9F%98%80'];
      const answers = await Promise.all(
        values.flatMap((value) =>
          ['audit', 'queue', 'users/admin@pages-of.test/deleted'].map((list) =>
            api('GET', `/v1/tenants/pages-of/${list}?after=${value}`, { as: key }),
          ),
        ),
      );
      return answers.every(({ status }) => status === 422);
    },
  },
  {
    name: 'numbers beyond every column, and names longer than the audit trail, cause no internal error',
    async run({ api }) {
      await makeTenant(api, 'beyond');
      const limits = await api('PUT', '/v1/tenants/beyond/limits', { as: 'provider', body: { users: 2 ** 53 - 1 } });
      const [outer, inner] = ['o'.repeat(255), 'i'.repeat(255)];
      for (const name of [outer, inner])
        await api('POST', '/v1/tenants/beyond/groups', { as: 'provider', body: { name } });
      const added = await api('PUT', `/v1/tenants/beyond/groups/${outer}/groups/${inner}`, { as: 'provider' });
      const kind = await api('PUT', `/v1/tenants/beyond/groups/${outer}/others/${inner}`, { as: 'provider' });
      return limits.status === 422 && added.status === 204 && kind.status === 404;
    },
  },
  {
    name: 'a user is made with an idempotency key, and the stored record contains nothing to guess passwords with',
    async run({ api, stack }) {
      const key = await makeTenant(api, 'once');
      const body = userOrder('anna', 'once.test');
      const call = { as: key, body, idempotencyKey: 'anna' };
      const [first, again] = [
        await api('POST', '/v1/tenants/once/users', call),
        await api('POST', '/v1/tenants/once/users', call),
      ];
      const TableName = stack.environment.CONTROL_TABLE ?? '';
      const { Items = [] } = await stack.clients.dynamodb.send(new ScanCommand({ TableName }));
      const kept = Items.filter(({ pk }) => pk?.S?.startsWith('tenants-api')).map((item) => JSON.stringify(item));
      return (
        first.status === 201 &&
        JSON.stringify(again) === JSON.stringify(first) &&
        kept.length > 0 &&
        kept.every((item) => !item.includes(body.password))
      );
    },
  },
];
