// Flags of MAPI's calls on folders and messages (ulFlags of the SOAP operations).

/** Opening an object or a table: associated messages, such as views and rules. */
export const MAPI_ASSOCIATED = 0x40;

/** Opening an object or a table: text is returned as Unicode. */
export const MAPI_UNICODE = 0x8000_0000;

/** Opening an object or a table: soft-deleted objects. */
export const SHOW_SOFT_DELETES = 0x2;

/** Opening a hierarchy table: folders at every depth. */
export const CONVENIENT_DEPTH = 0x1;

/** Deleting: hard delete. */
export const DELETE_HARD_DELETE = 0x10;

/** DeleteFolder and EmptyFolder (MS-OXCFOLD §2.2.1.3): the content that is deleted with the folder. */
export const DEL = { MESSAGES: 0x1, FOLDERS: 0x4, ASSOCIATED: 0x8 } as const;

/** CopyMessages and CopyFolder: the source is deleted, so that the copy is a move. */
export const MESSAGE_MOVE = 0x1;
export const FOLDER_MOVE = 0x1;

/** SetReadFlag (MS-OXCMSG §2.2.3.10). */
export const READ_FLAG = { CLEAR: 0x4, GENERATE_RECEIPT_ONLY: 0x10 } as const;
