// Constants of search folders (MS-OXCFOLD §2.2.1.4 and §2.2.1.5).

/** Flags of SetSearchCriteria. */
export const SEARCH = { STOP: 0x1, RESTART: 0x2, RECURSIVE: 0x4, SHALLOW: 0x8 } as const;

/** States in the response of GetSearchCriteria. */
export const SEARCH_STATE = { RUNNING: 0x1, REBUILD: 0x2, RECURSIVE: 0x4 } as const;
