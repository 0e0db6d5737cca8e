import { requireMayGrant } from '../../../shared/access/may-administer.ts';
import { searchAddressBook } from '../../../shared/directory/entries/address-book-search.ts';
import { canonicalAddress } from '../../../shared/directory/entries/addresses.ts';
import { listOrphans, removeOrphan } from '../../../shared/directory/entries/orphans.ts';
import { addSendAs, listSendAs, removeSendAs } from '../../../shared/directory/entries/send-as.ts';
import { deleteUser, getUser, insertUser, listUsers, updateUser } from '../../../shared/directory/entries/users.ts';
import { newPassword } from '../../../shared/directory/login/passwords.ts';
import { administratorOf } from '../caller.ts';
import {
  change,
  changeUser,
  domainScope,
  PAGE,
  page,
  requireScope,
  scopedLogin,
  type TenantsRoute,
  withBody,
  withoutBody,
} from '../route.ts';
import * as schemas from '../schemas.ts';

/** The users of a tenant. */
export const usersRoutes: readonly TenantsRoute[] = [
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users',
    query: schemas.afterName,
    summary: 'Lists users by login',
    audience: 'domain',
    status: 200,
    answer: schemas.pageOf(schemas.user),
    async run({ context, tenant, query, caller }) {
      return page(
        await listUsers(context.db, tenant.id, query.after ?? '', PAGE, domainScope(caller)),
        (user) => user.login,
      );
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/users',
    summary: 'Creates a user with a mailbox',
    audience: 'create-users',
    body: schemas.newUser,
    status: 201,
    answer: schemas.user,
    idempotent: true,
    async run(call) {
      requireScope(call.caller, call.body.login, [call.body.email, ...call.body.aliases]);
      const password = await newPassword(call.context.options, call.body.password);
      await change(call, 'user.create', call.body.login, (tx) =>
        insertUser(tx, call.context, call.tenant.id, call.body, password),
      );
      return getUser(call.context.db, call.tenant.id, call.body.login);
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Shows a user',
    audience: 'domain',
    status: 200,
    answer: schemas.user,
    run: ({ context, tenant, path, caller }) => getUser(context.db, tenant.id, scopedLogin(caller, path)),
  }),
  withBody({
    method: 'PATCH',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Changes a user; absent fields stay',
    audience: 'domain',
    body: schemas.userChange,
    status: 200,
    answer: schemas.user,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      if (call.body.adminLevel !== undefined)
        requireMayGrant(administratorOf(call.caller), call.tenant.id, call.body.adminLevel);
      requireScope(call.caller, call.body.login ?? name, [
        ...(call.body.aliases ?? []),
        ...(call.body.email === undefined ? [] : [call.body.email]),
      ]);
      await changeUser(call, 'user.change', name, (tx) =>
        updateUser(tx, call.context, call.tenant.id, name, call.body),
      );
      return getUser(call.context.db, call.tenant.id, call.body.login ?? name);
    },
  }),
  withBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/users/{login}/password',
    summary: 'Sets a password',
    audience: 'domain',
    body: schemas.passwordChange,
    status: 204,
    answer: undefined,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      const password = await newPassword(call.context.options, call.body.password);
      await changeUser(call, 'user.password', name, (tx) =>
        updateUser(tx, call.context, call.tenant.id, name, { password }),
      );
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/users/{login}',
    summary: 'Deletes a user; the store with its mail stays as an orphan',
    audience: 'domain',
    status: 204,
    answer: undefined,
    async run(call) {
      const name = scopedLogin(call.caller, call.path);
      await changeUser(call, 'user.delete', name, (tx) => deleteUser(tx, call.tenant.id, name));
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/orphans',
    summary: 'Lists the stores of deleted users',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.orphan),
    run: async ({ context, tenant }) => ({ items: await listOrphans(context.db, tenant.id) }),
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/orphans/{guid}',
    summary: 'Marks an orphaned store for removal after the soft-delete lifetime',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'store.remove', call.path.guid ?? '', (tx) =>
        removeOrphan(tx, call.context.clock, call.tenant.id, Buffer.from(call.path.guid ?? '', 'hex')),
      ),
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/users/{login}/send-as',
    summary: 'Lists the delegates who may send in the name of a user',
    audience: 'domain',
    status: 200,
    answer: schemas.pageOf(schemas.delegate),
    run: async ({ context, tenant, path, caller }) => ({
      items: (await listSendAs(context.db, tenant.id, scopedLogin(caller, path))).map((login) => ({ login })),
    }),
  }),
  withoutBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/users/{login}/send-as/{delegate}',
    summary: 'Lets a delegate send in the name of a user',
    audience: 'domain',
    status: 204,
    answer: undefined,
    run(call) {
      const name = scopedLogin(call.caller, call.path);
      const delegate = scopedLogin(call.caller, { login: call.path.delegate ?? '' });
      const object = `${name} by ${delegate}`;
      return changeUser(call, 'user.send-as', name, (tx) => addSendAs(tx, call.tenant.id, name, delegate), object);
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/users/{login}/send-as/{delegate}',
    summary: 'Stops a delegate from sending in the name of a user',
    audience: 'domain',
    status: 204,
    answer: undefined,
    run(call) {
      const name = scopedLogin(call.caller, call.path);
      const delegate = canonicalAddress(call.path.delegate ?? '');
      const object = `${name} by ${delegate}`;
      return changeUser(
        call,
        'user.send-as-end',
        name,
        (tx) => removeSendAs(tx, call.tenant.id, name, delegate),
        object,
      );
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/address-book',
    query: schemas.searchText,
    summary: 'Finds users of the tenants that this one may see, whose name, login or address begins with `q`',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.addressBookEntry),
    run: async ({ context, tenant, query }) => ({
      items: await searchAddressBook(context.db, tenant.id, query.q ?? '', PAGE),
    }),
  }),
];
