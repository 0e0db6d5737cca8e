// Constants of the address book (MS-OXOABK).

/** PR_DISPLAY_TYPE: the icon with which clients show an entry or a container. */
export const DT = {
  MAIL_USER: 0,
  DIST_LIST: 1,
  ROOM: 7,
  EQUIPMENT: 8,
  GLOBAL: 0x2_0000,
  NOT_SPECIFIC: 0x5_0000,
} as const;

/** A bit of PR_DISPLAY_TYPE_EX: rights on folders can be given to the entry. */
export const DTE_FLAG_ACL_CAPABLE = 0x4000_0000;

/** PR_CONTAINER_FLAGS (MS-OXOABK §2.2.2.1). */
export const AB_CONTAINER = { RECIPIENTS: 0x1, SUBCONTAINERS: 0x2, UNMODIFIABLE: 0x8, UNICODE_OK: 0x40 } as const;
