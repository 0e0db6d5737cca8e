// Constants of incremental change synchronization (MS-OXCFXICS; ICS_* are Kopano's own).

/** Types of synchronization. */
export const ICS_SYNC = { CONTENTS: 1, HIERARCHY: 2, AB: 3 } as const;

/** Flags of a synchronization: the changes that the client asks for. */
export const SYNC = {
  NO_DELETIONS: 0x2,
  NO_SOFT_DELETIONS: 0x4,
  READ_STATE: 0x8,
  ASSOCIATED: 0x10,
  NORMAL: 0x20,
} as const;

/** Types of changes: the object type in the upper four bits, the change in the lower. */
export const ICS = {
  MESSAGE_NEW: 0x1001,
  MESSAGE_CHANGE: 0x1002,
  MESSAGE_FLAG: 0x1003,
  MESSAGE_SOFT_DELETE: 0x1004,
  MESSAGE_HARD_DELETE: 0x1005,
  FOLDER_NEW: 0x2001,
  FOLDER_CHANGE: 0x2002,
  FOLDER_SOFT_DELETE: 0x2004,
  AB_NEW: 0x4001,
  AB_CHANGE: 0x4002,
  AB_DELETE: 0x4004,
} as const;
