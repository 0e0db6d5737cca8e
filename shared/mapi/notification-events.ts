// Constants of MAPI's notifications (fnev*, TABLE_*).

/** Event types, in the mask of a subscription and in a notification (fnev*). */
export const FNEV = {
  NEW_MAIL: 0x2,
  OBJECT_CREATED: 0x4,
  OBJECT_DELETED: 0x8,
  OBJECT_MODIFIED: 0x10,
  OBJECT_MOVED: 0x20,
  OBJECT_COPIED: 0x40,
  SEARCH_COMPLETE: 0x80,
  TABLE_MODIFIED: 0x100,
  /** Kopano's own: fnevExtended, and changes of a synchronization. */
  KOPANO_ICS_CHANGE: 0x4000_0001,
} as const;

/** Kopano's own bits of an event mask: the types of objects, objects within a folder, and no changes of folder counters. */
export const FNEV_ABOUT = { OBJTYPE_MESSAGE: 0x1_0000, OBJTYPE_FOLDER: 0x2_0000, IGNORE_COUNTERS: 0x4_0000 } as const;

/** Changes of a table or of one of its rows (TABLE_*). */
export const TABLE_EVENT = { CHANGED: 1, ROW_ADDED: 3, ROW_DELETED: 4, ROW_MODIFIED: 5 } as const;
