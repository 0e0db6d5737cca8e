import { quotaOfUser } from '../../shared/directory/entries/entries.ts';
import type { QuotaLevels } from '../../shared/directory/quota/quota-levels.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import type { ServerContext } from './context.ts';

const NONE: QuotaLevels = { warn: 0, soft: 0, hard: 0 };

/** The levels of a store: those of its user. A public store has none. */
export async function levelsOf({ store }: ServerContext, { tenant, user }: MapiStore): Promise<QuotaLevels> {
  return user === null ? NONE : (await quotaOfUser(store.db, store.options, tenant, user)).levels;
}

/** Bytes that a store may hold; 0 is no limit. */
export const hardQuotaOf = async (context: ServerContext, store: MapiStore): Promise<number> =>
  (await levelsOf(context, store)).hard;
