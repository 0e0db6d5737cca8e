import { type ErrorCode, KopanoError } from '../../../shared/mapi/error.ts';

/** RFC 5530 response codes of the errors that a person can do something about. */
const RESPONSE_CODES: Partial<Record<ErrorCode, string>> = {
  NOT_FOUND: 'NONEXISTENT',
  NO_ACCESS: 'NOPERM',
  COLLISION: 'ALREADYEXISTS',
  STORE_FULL: 'OVERQUOTA',
  FOLDER_CYCLE: 'CANNOT',
  INVALID_PARAMETER: 'CANNOT',
  HAS_FOLDERS: 'HASCHILDREN',
  TOO_BIG: 'TOOBIG',
  TOO_COMPLEX: 'LIMIT',
  LOGON_FAILED: 'AUTHENTICATIONFAILED',
  NETWORK_ERROR: 'UNAVAILABLE',
  BUSY: 'INUSE',
};

/** The mailbox is not there, and the client may make it (RFC 3501 §6.3.11 and §6.4.7). */
export class TryCreate extends KopanoError {
  constructor(cause: unknown) {
    super('NOT_FOUND', 'no such mailbox', { cause });
  }
}

/** RFC 3501 §6.4.4 */
export class UnknownCharset extends KopanoError {
  constructor() {
    super('NO_SUPPORT', 'searches are in US-ASCII or UTF-8');
  }
}

/** The NO that an error becomes. */
export function noResponse(error: unknown): string {
  if (!KopanoError.is(error)) return 'NO [SERVERBUG] internal error';
  if (error instanceof TryCreate) return `NO [TRYCREATE] ${error.message}`;
  if (error instanceof UnknownCharset) return `NO [BADCHARSET (US-ASCII UTF-8)] ${error.message}`;
  return `NO [${RESPONSE_CODES[error.code] ?? 'SERVERBUG'}] ${error.message}`;
}
