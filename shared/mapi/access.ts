// The rights on an object that a client is told of.

/** Bits of PR_ACCESS (MS-OXCPRPT §2.2.1.1). */
export const MAPI_ACCESS = {
  MODIFY: 0x1,
  READ: 0x2,
  DELETE: 0x4,
  CREATE_HIERARCHY: 0x8,
  CREATE_CONTENTS: 0x10,
  CREATE_ASSOCIATED: 0x20,
} as const;

/** PR_ACCESS_LEVEL (MS-OXCPRPT §2.2.1.2). */
export const ACCESS_LEVEL = { READ_ONLY: 0, MODIFY: 1 } as const;
