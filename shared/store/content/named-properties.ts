import { inTransaction, isDuplicateKey } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import type { MapiObject } from '../../mapi/property-document.ts';
import { FIRST_NAMED, type PropertyTag, propertyId } from '../../mapi/property-tags.ts';
import type { NamedValue, NameOf } from '../../mime/tnef.ts';
import type { StoreContext } from '../engine/context.ts';
import type { TenantId } from '../engine/ids.ts';

/** The name of a named property (MS-OXPROPS §1.3.2). `kind` 0: the name is a number (LID); 1: a text. */
export interface PropertyName {
  guid: Buffer;
  kind: 0 | 1;
  name: string;
}

/** Characters of a property name at most. */
export const MAX_NAME = 254;

/** Named properties that a tenant may have: property ids end at 0xfffe. */
const MAX_NAMES = 0xfffe - FIRST_NAMED;

const sameName = (a: PropertyName, b: PropertyName): boolean =>
  a.kind === b.kind && a.name === b.name && a.guid.equals(b.guid);

/**
 * Gives the ids of named properties, in the order of the names. An unknown name gets an id if `create` allows it, else 0. Ids are assigned for each
 * tenant, so that no tenant sees which names another uses.
 */
export async function idsOfNames(
  context: StoreContext,
  tenant: TenantId,
  names: readonly PropertyName[],
  create: boolean | ((name: PropertyName) => boolean),
): Promise<number[]> {
  if (names.length === 0) return [];
  const known = await findNames(context, tenant, names);
  const creates = typeof create === 'boolean' ? () => create : create;
  const missing = names.filter((name) => creates(name) && !known.some((row) => sameName(row, name)));
  if (missing.length > 0) {
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
    // All parts of the key are given: the database then looks the names up instead of reading all of the tenant.
    .where('guid', 'in', [...new Map(names.map(({ guid }) => [guid.toString('hex'), guid])).values()])
    .where('kind', 'in', [...new Set(names.map(({ kind }) => kind))])
    .where('name', 'in', [...new Set(names.map(({ name }) => name))])
    .execute();
  return rows.map((row) => ({ id: row.id, guid: row.guid, kind: row.kind as 0 | 1, name: row.name }));
}

/** Adds names one at a time, so that two callers that add the same name at once get the same id. Throws TOO_COMPLEX when there are too many. */
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
          if (id > MAX_NAMES) throw new PamojaError('TOO_COMPLEX', 'too many named properties');
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

/** Gives the names of named properties, in the order of their ids. */
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

/** Named properties that are taken from one message. */
const MAX_VALUES = 500;

/** Property sets of calendars, tasks, contacts and all items (MS-OXPROPS §1.3.2). */
const COMMON_SETS = ['02', '03', '04', '08', '0a', '0e', '14'].map((set) => `${set}20060000000000c000000000000046`);
const MEETING_SET = '90dad86e0b451b1098da00aa003f1305';

/** Whether all MAPI clients use a name. */
const isCommon = ({ guid, kind, name }: PropertyName): boolean => {
  if (kind !== 0) return false;
  const [set, number] = [guid.toString('hex'), Number(name)];
  return COMMON_SETS.includes(set) ? number >= 0x8000 && number < 0x8600 : set === MEETING_SET && number < 0x80;
};

/**
 * Sets the named properties that came in a message. Only names that all MAPI clients use get a new id: mail from outside must not use up
 * the ids of a tenant.
 */
export async function setNamedValues(
  context: StoreContext,
  tenant: TenantId,
  bag: PropertyBag,
  values: readonly NamedValue[],
): Promise<void> {
  const taken = values.filter(({ name }) => typeof name === 'number' || name.length <= MAX_NAME).slice(0, MAX_VALUES);
  const names = taken.map(
    ({ guid, name }): PropertyName => ({ guid, kind: typeof name === 'number' ? 0 : 1, name: String(name) }),
  );
  const ids = await idsOfNames(context, tenant, names, isCommon);
  for (const [i, { type, value }] of taken.entries())
    if (ids[i]) bag.set((((FIRST_NAMED + ids[i]) << 16) | type) >>> 0, value);
}

/** Gives the names of named properties among some tags, by their ids. */
export async function namesOfTags(
  context: StoreContext,
  tenant: TenantId,
  tags: readonly PropertyTag[],
): Promise<Map<number, PropertyName>> {
  const ids = [...new Set(tags.map((tag) => propertyId(tag) - FIRST_NAMED))].filter((id) => id > 0);
  const names = await namesOfIds(context, tenant, ids);
  return new Map(
    ids.flatMap((id, i): [number, PropertyName][] => {
      const name = names[i];
      return name ? [[id, name]] : [];
    }),
  );
}

/** Gives the names of all named properties of an object and of its children, by their ids. */
export async function namesIn(context: StoreContext, tenant: TenantId, object: MapiObject): Promise<NameOf> {
  const tagsIn = ({ properties, children }: MapiObject): PropertyTag[] => [
    ...properties.keys(),
    ...children.flatMap(tagsIn),
  ];
  const names = await namesOfTags(context, tenant, tagsIn(object));
  return (id) => {
    const known = names.get(id - FIRST_NAMED);
    return known && { guid: known.guid, name: known.kind === 0 ? Number(known.name) : known.name };
  };
}
