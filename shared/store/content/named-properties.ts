import { inTransaction, isDuplicateKey } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import type { MapiObject } from '../../mapi/property-document.ts';
import { FIRST_NAMED, type PropertyTag, propertyId } from '../../mapi/property-tags.ts';
import type { NamedValue, NameOf } from '../../mime/tnef.ts';
import type { StoreContext } from '../engine/context.ts';
import type { TenantId } from '../engine/ids.ts';

/** A property that is known by a name instead of a number (MS-OXPROPS §1.3.2): `kind` 0 a number, 1 a text. */
export interface PropertyName {
  guid: Buffer;
  kind: 0 | 1;
  name: string;
}

/** Characters of a name. */
export const MAX_NAME = 254;

/** Names that a company may have; property ids end at 0xfffe. */
const MAX_NAMES = 0xfffe - FIRST_NAMED;

const sameName = (a: PropertyName, b: PropertyName): boolean =>
  a.kind === b.kind && a.name === b.name && a.guid.equals(b.guid);

/**
 * The numbers of names, in their order; those that are not known get one if `create` says so, else 0. Each company has numbers of its own, so
 * that none sees what names another uses.
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
    // All parts of the key: the server then looks them up, instead of reading all names of the tenant.
    .where('guid', 'in', [...new Map(names.map(({ guid }) => [guid.toString('hex'), guid])).values()])
    .where('kind', 'in', [...new Set(names.map(({ kind }) => kind))])
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

/** Values of one message that have a name. */
const MAX_VALUES = 500;

/** Property sets of calendars, tasks, contacts and what they have in common (MS-OXPROPS §1.3.2). */
const COMMON_SETS = ['02', '03', '04', '08', '0a', '0e', '14'].map((set) => `${set}20060000000000c000000000000046`);
const MEETING_SET = '90dad86e0b451b1098da00aa003f1305';

/** Names that all programs of MAPI use. */
const isCommon = ({ guid, kind, name }: PropertyName): boolean => {
  if (kind !== 0) return false;
  const [set, number] = [guid.toString('hex'), Number(name)];
  return COMMON_SETS.includes(set) ? number >= 0x8000 && number < 0x8600 : set === MEETING_SET && number < 0x80;
};

/**
 * Sets values that came in a message under their names. Only names that all programs use get a new number: a stranger must not be able to
 * use up those that a company has.
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

/** The names of those of some properties that have one, by their numbers. */
export async function namesOfTags(
  context: StoreContext,
  tenant: TenantId,
  tags: readonly PropertyTag[],
): Promise<Map<number, PropertyName>> {
  const numbers = [...new Set(tags.map((tag) => propertyId(tag) - FIRST_NAMED))].filter((number) => number > 0);
  const names = await namesOfIds(context, tenant, numbers);
  return new Map(
    numbers.flatMap((number, i): [number, PropertyName][] => {
      const name = names[i];
      return name ? [[number, name]] : [];
    }),
  );
}

/** The names of all properties of an object, and of what it holds, by their ids. */
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
