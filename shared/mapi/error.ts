/**
 * The one error class of the system. The code is MAPI's; each protocol maps it in one table of its own
 * (SOAP `er`, IMAP response code, LMTP enhanced status, HTTP status).
 */
export const ERROR_CODES = {
  UNKNOWN: 0x80000001,
  NOT_FOUND: 0x80000002,
  NO_ACCESS: 0x80000003,
  NETWORK_ERROR: 0x80000004,
  SERVER_NOT_RESPONDING: 0x80000005,
  INVALID_TYPE: 0x80000006,
  DATABASE_ERROR: 0x80000007,
  COLLISION: 0x80000008,
  LOGON_FAILED: 0x80000009,
  HAS_MESSAGES: 0x8000000a,
  HAS_FOLDERS: 0x8000000b,
  HAS_RECIPIENTS: 0x8000000c,
  HAS_ATTACHMENTS: 0x8000000d,
  NOT_ENOUGH_MEMORY: 0x8000000e,
  TOO_COMPLEX: 0x8000000f,
  END_OF_SESSION: 0x80000010,
  UNABLE_TO_ABORT: 0x80000012,
  NOT_IN_QUEUE: 0x80000013,
  INVALID_PARAMETER: 0x80000014,
  INVALID_ENTRYID: 0x80000016,
  BAD_VALUE: 0x80000017,
  NO_SUPPORT: 0x80000018,
  TOO_BIG: 0x80000019,
  FOLDER_CYCLE: 0x8000001b,
  STORE_FULL: 0x8000001c,
  PLUGIN_ERROR: 0x8000001d,
  UNKNOWN_OBJECT: 0x8000001e,
  NOT_IMPLEMENTED: 0x8000001f,
  DATABASE_NOT_FOUND: 0x80000020,
  INVALID_VERSION: 0x80000021,
  UNKNOWN_DATABASE: 0x80000022,
  NOT_INITIALIZED: 0x80000023,
  CALL_FAILED: 0x80000024,
  SSO_CONTINUE: 0x80000025,
  TIMEOUT: 0x80000026,
  INVALID_BOOKMARK: 0x80000027,
  UNABLE_TO_COMPLETE: 0x80000028,
  UNKNOWN_INSTANCE_ID: 0x80000029,
  BUSY: 0x8000002b,
  OBJECT_DELETED: 0x8000002c,
  UNKNOWN_FLAGS: 0x8000002e,
  SUBMITTED: 0x8000002f,
  UNCONFIGURED: 0x80000030,
  BAD_CHARWIDTH: 0x80000031,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error: `code` for programs, `message` for people, `cause` for the log. */
export class PamojaError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PamojaError';
    this.code = code;
  }

  static is(error: unknown, ...codes: ErrorCode[]): error is PamojaError {
    return error instanceof PamojaError && (codes.length === 0 || codes.includes(error.code));
  }
}
