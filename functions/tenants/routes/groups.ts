import {
  addMember,
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  type Member,
  removeMember,
  updateGroup,
} from '../../../shared/directory/entries/groups.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { change, PAGE, page, type TenantsRoute, withBody, withoutBody } from '../route.ts';
import * as schemas from '../schemas.ts';

/** The groups of a tenant (manual 8.3.6). */
export const groupsRoutes: readonly TenantsRoute[] = [
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/groups',
    query: schemas.afterName,
    summary: 'Lists groups by name, without Everyone',
    audience: 'tenant',
    status: 200,
    answer: schemas.pageOf(schemas.group),
    async run({ context, tenant, query }) {
      return page(await listGroups(context.db, tenant.id, query.after ?? '', PAGE), (group) => group.name);
    },
  }),
  withBody({
    method: 'POST',
    path: '/v1/tenants/{tenant}/groups',
    summary: 'Creates a group; mail to its address goes to all members',
    audience: 'tenant',
    body: schemas.newGroup,
    status: 201,
    answer: schemas.group,
    idempotent: true,
    async run(call) {
      await change(call, 'group.create', call.body.name, (tx) =>
        createGroup(tx, call.context, call.tenant.id, call.body),
      );
      return getGroup(call.context.db, call.tenant.id, call.body.name);
    },
  }),
  withoutBody({
    method: 'GET',
    path: '/v1/tenants/{tenant}/groups/{group}',
    summary: 'Shows a group with its members, also the group Everyone',
    audience: 'tenant',
    status: 200,
    answer: schemas.group,
    run: ({ context, tenant, path }) => getGroup(context.db, tenant.id, path.group ?? ''),
  }),
  withBody({
    method: 'PATCH',
    path: '/v1/tenants/{tenant}/groups/{group}',
    summary: 'Changes a group; absent fields stay',
    audience: 'tenant',
    body: schemas.groupChange,
    status: 200,
    answer: schemas.group,
    async run(call) {
      const name = call.path.group ?? '';
      await change(call, 'group.change', name, (tx) => updateGroup(tx, call.tenant.id, name, call.body));
      return getGroup(call.context.db, call.tenant.id, name);
    },
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/groups/{group}',
    summary: 'Deletes a group; its members stay',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'group.delete', call.path.group ?? '', (tx) =>
        deleteGroup(tx, call.tenant.id, call.path.group ?? ''),
      ),
  }),
  withoutBody({
    method: 'PUT',
    path: '/v1/tenants/{tenant}/groups/{group}/{kind}/{member}',
    summary: 'Adds a user (kind users) or a group (kind groups) to a group',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'group.add', `${call.path.group} ${call.path.member}`, (tx) =>
        addMember(tx, call.tenant.id, call.path.group ?? '', memberOf(call.path)),
      ),
  }),
  withoutBody({
    method: 'DELETE',
    path: '/v1/tenants/{tenant}/groups/{group}/{kind}/{member}',
    summary: 'Removes a member from a group',
    audience: 'tenant',
    status: 204,
    answer: undefined,
    run: (call) =>
      change(call, 'group.remove', `${call.path.group} ${call.path.member}`, (tx) =>
        removeMember(tx, call.tenant.id, call.path.group ?? '', memberOf(call.path)),
      ),
  }),
];

function memberOf({ kind, member = '' }: Record<string, string>): Member {
  if (kind === 'users') return { kind: 'user', login: member };
  if (kind === 'groups') return { kind: 'group', name: member };
  throw new PamojaError('NOT_FOUND', 'the members of a group are users and groups');
}
