/**
 * The error family of the whole system. The code is MAPI's; every edge maps it in one table of its own
 * (SOAP `er`, IMAP response code, LMTP enhanced status, HTTP status).
 */
export const ERROR_CODES = {
  NOT_FOUND: 0x80000002,
  NO_ACCESS: 0x80000003,
  NETWORK_ERROR: 0x80000004,
  INVALID_TYPE: 0x80000006,
  DATABASE_ERROR: 0x80000007,
  COLLISION: 0x80000008,
  LOGON_FAILED: 0x80000009,
  HAS_MESSAGES: 0x8000000a,
  HAS_FOLDERS: 0x8000000b,
  TOO_COMPLEX: 0x8000000f,
  INVALID_PARAMETER: 0x80000014,
  BAD_VALUE: 0x80000017,
  NO_SUPPORT: 0x80000018,
  TOO_BIG: 0x80000019,
  FOLDER_CYCLE: 0x8000001b,
  STORE_FULL: 0x8000001c,
  /** A limit of the tenant is reached. */
  UNABLE_TO_COMPLETE: 0x80000028,
  CALL_FAILED: 0x80000024,
  TIMEOUT: 0x80000026,
  BUSY: 0x8000002b,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error a person may read: `code` for the program, `message` for the person, `cause` for the log. */
export class KopanoError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'KopanoError';
    this.code = code;
  }

  static is(error: unknown, ...codes: ErrorCode[]): error is KopanoError {
    return error instanceof KopanoError && (codes.length === 0 || codes.includes(error.code));
  }
}
