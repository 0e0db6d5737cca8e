import type { SortOrder } from '../../mapi/sort-order.ts';
import { TABLE_SORT } from '../../mapi/table-flags.ts';
import type { SortOrder as WireSortOrder } from './interface.ts';

/** The orders that a client sorts a table by. The flags of categories (TABLE_SORT_COMBINE, TABLE_SORT_CATEG_MAX and _MIN) have no effect. */
export const sortOrdersOf = (orders: readonly WireSortOrder[] | undefined): SortOrder[] =>
  (orders ?? []).map(({ ulPropTag, ulOrder }) => ({
    tag: ulPropTag,
    descending: (ulOrder & TABLE_SORT.DESCEND) !== 0,
  }));
