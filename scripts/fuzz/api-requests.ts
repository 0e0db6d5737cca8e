import type { ApiClient } from '../clients/api-client.ts';

// Requests made from the OpenAPI document of the onboarding API.

/** The part of JSON Schema that the document uses. */
export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  maximum?: number;
}

/** A route, as the document has it. */
export interface Operation {
  method: string;
  path: string;
  /** By whom: the provider alone, or holders of keys too. */
  providerOnly: boolean;
  parameters: { name: string; in: string }[];
  body: JsonSchema | undefined;
  /** The status of success, and all that are documented. */
  success: number;
  statuses: number[];
}

interface Documented {
  security: object[];
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, unknown>;
}

/** Every operation of the OpenAPI document. */
export async function readOperations(port: number): Promise<Operation[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/openapi.json`);
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Documented>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security, parameters, requestBody, responses }]) => {
      const statuses = Object.keys(responses).map(Number);
      return {
        method: method.toUpperCase(),
        path,
        providerOnly: security.length === 1,
        parameters,
        body: requestBody?.content['application/json']?.schema,
        success: statuses.find((status) => status < 300) ?? 0,
        statuses,
      };
    }),
  );
}

/** Names that are there to be used: a tenant `TENANT` with its domain, a user, a group, and so on. */
export interface Fixture {
  tenant: string;
  domain: string;
  path: Record<string, string>;
  /** Makes a user of its own for each call that changes or deletes one. */
  newUser(): Promise<string>;
}

/** Makes a tenant with one of each thing that a path can name. */
export async function makeFixture(api: ApiClient, tenant: string): Promise<Fixture> {
  const domain = `${tenant}.test`;
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await api(method, path, { as: 'provider', body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const user = (login: string) => ({ login, email: login, password: 'a long password', fullName: 'Somebody' });
  await call('POST', '/v1/tenants', { name: tenant, domain, admin: user(`admin@${domain}`) });
  const route = `/v1/tenants/${tenant}`;
  let users = 0;
  const newUser = async (): Promise<string> => {
    const login = `made${++users}@${domain}`;
    await call('POST', `${route}/users`, user(login));
    return login;
  };
  const [login, delegate] = [await newUser(), await newUser()];
  await call('POST', `${route}/groups`, { name: 'group' });
  await call('POST', `${route}/domains`, { name: `second.${domain}` });
  const { id } = await call('POST', `${route}/keys`, { name: 'key', scope: 'tenant' });
  const gone = await newUser();
  await call('DELETE', `${route}/users/${gone}`);
  const { items } = await call('GET', `${route}/orphans`);
  return {
    tenant,
    domain,
    newUser,
    path: {
      ...{ tenant, login, delegate, domain: `second.${domain}`, group: 'group', kind: 'users', member: login },
      ...{ key: id, guid: items[0].guid, id: '0'.repeat(32) },
    },
  };
}

export const fillPath = (path: string, values: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));

/** A path to a field: `admin`, `features`. */
export type FieldPath = readonly string[];

/** Every field that may be left out, those inside others too. */
export function optionalFields(schema: JsonSchema, above: FieldPath = []): FieldPath[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = [...above, name];
    return [...(schema.required?.includes(name) ? [] : [here]), ...optionalFields(objectOf(field), here)];
  });
}

/** The alternative of a schema that has fields. */
const objectOf = (schema: JsonSchema): JsonSchema => schema.anyOf?.find(({ properties }) => properties) ?? schema;

/** A length that most fields accept. */
const A_NUMBER = 270;

/** A body that must be accepted, with all its fields; `number` makes its names ones that are not there yet. */
export function validBody(schema: JsonSchema, { domain }: Pick<Fixture, 'domain'>, number: number): unknown {
  const texts: Record<string, string> = {
    ...{ login: `u${number}@${domain}`, email: `u${number}@${domain}`, aliases: `alias${number}@${domain}` },
    ...{
      name: `n${number}`,
      domain: `d${number}.test`,
      password: 'a long password',
      fullName: 'Full Name',
      locale: 'nl_NL',
    },
  };
  const value = (field: JsonSchema, name: string): unknown => {
    if (field.anyOf) return value(objectOf(field.anyOf[0] ?? {}), name);
    if (field.const !== undefined) return field.const;
    if (field.enum) return field.enum[0];
    switch (field.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(field.properties ?? {}).map(([key, inner]) => [key, value(inner, key)]),
        );
      case 'array':
        // Ids of messages and folders that are not there would be NOT_FOUND.
        return name === 'messages' || name === 'folders' ? [] : [value(field.items ?? {}, name)];
      case 'integer':
        return Math.min(field.maximum ?? A_NUMBER, A_NUMBER);
      case 'boolean':
        return true;
      default:
        return texts[name] ?? 'text';
    }
  };
  return value(schema, '');
}

/** A copy without a field. */
export function without(body: unknown, [name = '', ...rest]: FieldPath): unknown {
  const copy = { ...(body as Record<string, unknown>) };
  if (rest.length === 0) delete copy[name];
  else if (copy[name] !== null && typeof copy[name] === 'object') copy[name] = without(copy[name], rest);
  return copy;
}
