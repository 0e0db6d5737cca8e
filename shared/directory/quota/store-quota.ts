import type { StoreContext } from '../../store/engine/context.ts';
import type { MapiStore } from '../../store/stores/stores.ts';
import { quotaOfUser } from '../entries/entries.ts';
import type { QuotaLevels } from './quota-levels.ts';

const NONE: QuotaLevels = { warn: 0, soft: 0, hard: 0 };

type Quoted = Pick<MapiStore, 'tenant' | 'user'>;

/** The quota levels of a store in bytes: those of its user. A public store has none. */
export async function levelsOf(
  { db, options }: Pick<StoreContext, 'db' | 'options'>,
  { tenant, user }: Quoted,
): Promise<QuotaLevels> {
  return user === null ? NONE : (await quotaOfUser(db, options, tenant, user)).levels;
}

/** The bytes that a store may hold; 0 is no limit. */
export const hardQuotaOf = async (context: Pick<StoreContext, 'db' | 'options'>, store: Quoted): Promise<number> =>
  (await levelsOf(context, store)).hard;
