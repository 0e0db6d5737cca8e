// Numbers of MAPI's tables (MS-OXCTABL).

/** Bits of a sort order: its direction, and how a category is ordered. */
export const TABLE_SORT = { ASCEND: 0, DESCEND: 1, COMBINE: 2, CATEG_MAX: 4, CATEG_MIN: 8 } as const;

/** Bookmarks that every table has; those that a client makes follow them. */
export const BOOKMARK = { BEGINNING: 0, CURRENT: 1, END: 2 } as const;

/** PR_ROW_TYPE. */
export const ROW_TYPE = { LEAF_ROW: 1, EXPANDED_CATEGORY: 3, COLLAPSED_CATEGORY: 4 } as const;

/** Of QueryColumns: all columns that there are, not only those that are set. */
export const TBL_ALL_COLUMNS = 1;

/** Of QueryRows: the position stays. */
export const TBL_NOADVANCE = 1;

/** Of FindRow: towards the beginning. */
export const DIR_BACKWARD = 1;
