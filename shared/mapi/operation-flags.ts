// Flags of MAPI's calls on folders and messages, as the SOAP operations have them in ulFlags.

/** Of opening an object or a table: what belongs to a folder beside its messages, such as views and rules. */
export const MAPI_ASSOCIATED = 0x40;

/** Of opening an object or a table: texts are wanted as Unicode. */
export const MAPI_UNICODE = 0x8000_0000;

/** Of opening an object or a table: what was deleted, and is still kept. */
export const SHOW_SOFT_DELETES = 0x2;

/** Of opening a hierarchy table: folders at every depth. */
export const CONVENIENT_DEPTH = 0x1;

/** Of deleting: nothing is kept. */
export const DELETE_HARD_DELETE = 0x10;

/** Of DeleteFolder and EmptyFolder (MS-OXCFOLD §2.2.1.3): what goes with the folder. */
export const DEL = { MESSAGES: 0x1, FOLDERS: 0x4, ASSOCIATED: 0x8 } as const;

/** Of CopyMessages and CopyFolder: what was copied goes. */
export const MESSAGE_MOVE = 0x1;
export const FOLDER_MOVE = 0x1;

/** Of SetReadFlag (MS-OXCMSG §2.2.3.10). */
export const READ_FLAG = { CLEAR: 0x4, GENERATE_RECEIPT_ONLY: 0x10 } as const;
