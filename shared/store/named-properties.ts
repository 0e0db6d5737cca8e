import { KopanoError } from '../mapi/error.ts';
import { inTransaction, isDuplicateKey } from '../platform/transaction.ts';
import type { StoreContext } from './context.ts';
import type { TenantId } from './ids.ts';

/** A property that is known by a name instead of a number (MS-OXPROPS §1.3.2): `kind` 0 a number, 1 a text. */
export interface PropertyName {
  guid: Buffer;
  kind: 0 | 1;
  name: string;
}

/** Names that a company may have; property ids end at 0xfffe. */
const MAX_NAMES = 0xfffe - 0x8500;

const sameName = (a: PropertyName, b: PropertyName): boolean =>
  a.kind === b.kind && a.name === b.name && a.guid.equals(b.guid);

/**
 * The numbers of names, in their order; those that are not known get one with `create`, else 0. Each company has numbers of its own, so
 * that none sees what names another uses.
 */
export async function idsOfNames(
  context: StoreContext,
  tenant: TenantId,
  names: readonly PropertyName[],
  create: boolean,
): Promise<number[]> {
  if (names.length === 0) return [];
  const known = await findNames(context, tenant, names);
  const missing = names.filter((name) => !known.some((row) => sameName(row, name)));
  if (create && missing.length > 0) {
    await addNames(context, tenant, missing);
    known.push(...(await findNames(context, tenant, missing)));
  }
  return names.map((name) => known.find((row) => sameName(row, name))?.id ?? 0);
}

async function findNames(
  { db }: StoreContext,
  tenant: TenantId,
  names: readonly PropertyName[],
): Promise<(PropertyName & { id: number })[]> {
  const rows = await db
    .selectFrom('named_properties')
    .select(['id', 'guid', 'kind', 'name'])
    .where('tenant_id', '=', tenant)
    .where('name', 'in', [...new Set(names.map(({ name }) => name))])
    .execute();
  return rows.map((row) => ({ id: row.id, guid: row.guid, kind: row.kind as 0 | 1, name: row.name }));
}

/** Adds names one at a time, so that two who add the same at once get the same number. Throws TOO_COMPLEX when there are too many. */
async function addNames(context: StoreContext, tenant: TenantId, names: readonly PropertyName[]): Promise<void> {
  for (const name of names)
    for (let attempt = 0; ; attempt++) {
      try {
        await inTransaction(context.db, async (tx) => {
          const { last } = await tx
            .selectFrom('named_properties')
            .select((query) => query.fn.max('id').as('last'))
            .where('tenant_id', '=', tenant)
            .executeTakeFirstOrThrow();
          const id = Number(last ?? 0) + 1;
          if (id > MAX_NAMES) throw new KopanoError('TOO_COMPLEX', 'too many named properties');
          await tx
            .insertInto('named_properties')
            .values({ tenant_id: tenant, id, guid: name.guid, kind: name.kind, name: name.name })
            .execute();
        });
        break;
      } catch (error) {
        const cause = (error as { cause?: unknown }).cause ?? error;
        if (!isDuplicateKey(cause) || attempt > 50) throw error;
        if ((await findNames(context, tenant, [name])).some((row) => sameName(row, name))) break;
      }
    }
}

/** The names of numbers, in their order. */
export async function namesOfIds(
  { db }: StoreContext,
  tenant: TenantId,
  ids: readonly number[],
): Promise<(PropertyName | undefined)[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('named_properties')
    .select(['id', 'guid', 'kind', 'name'])
    .where('tenant_id', '=', tenant)
    .where('id', 'in', [...ids])
    .execute();
  return ids.map((id) => {
    const row = rows.find((each) => each.id === id);
    return row && { guid: row.guid, kind: row.kind as 0 | 1, name: row.name };
  });
}
