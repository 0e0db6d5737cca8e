// Constants of MAPI's tables (MS-OXCTABL).

/** Bits of a sort order: its direction, and how a category is ordered. */
export const TABLE_SORT = { ASCEND: 0, DESCEND: 1, COMBINE: 2, CATEG_MAX: 4, CATEG_MIN: 8 } as const;

/** Bookmarks of every table; the bookmarks of clients have higher numbers. */
export const BOOKMARK = { BEGINNING: 0, CURRENT: 1, END: 2 } as const;

/** PR_ROW_TYPE. */
export const ROW_TYPE = { LEAF_ROW: 1, EXPANDED_CATEGORY: 3, COLLAPSED_CATEGORY: 4 } as const;

/** QueryColumns: all available columns, not only the columns that are set. */
export const TBL_ALL_COLUMNS = 1;

/** QueryRows: the position does not move. */
export const TBL_NOADVANCE = 1;

/** FindRow: searches backwards. */
export const DIR_BACKWARD = 1;
