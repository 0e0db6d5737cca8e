import { asPamojaError } from '../../../shared/database/transaction.ts';
import { LoginDelayed } from '../../../shared/directory/login/login-throttle.ts';
import { type ErrorCode, PamojaError } from '../../../shared/mapi/error.ts';
import { encodeString } from '../../../shared/protocol/imap/strings.ts';

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
export class TryCreate extends PamojaError {
  constructor(cause: unknown) {
    super('NOT_FOUND', 'no such mailbox', { cause });
  }
}

/** RFC 3501 §6.4.4 */
export class UnknownCharset extends PamojaError {
  constructor() {
    super('NO_SUPPORT', 'searches are in US-ASCII or UTF-8');
  }
}

/** RFC 6154 §3: another mailbox has that use, or none can. */
export class UseNotPossible extends PamojaError {
  constructor() {
    super('NO_SUPPORT', 'no mailbox can be made for that use');
  }
}

/** RFC 3516 §4.3 */
export class UnknownTransferEncoding extends PamojaError {
  constructor() {
    super('NO_SUPPORT', 'the transfer encoding of that part is not known');
  }
}

/** RFC 5464 §4.3: a limit of annotations is exceeded. */
export class MetadataLimit extends PamojaError {
  readonly limit: string;
  constructor(limit: string) {
    super('TOO_BIG', 'annotations have limits');
    this.limit = limit;
  }
}

/** RFC 5465 §5: an event that is not supported. */
export class BadEvent extends PamojaError {
  readonly known: readonly string[];
  constructor(known: readonly string[]) {
    super('NO_SUPPORT', 'there are no such events here');
    this.known = known;
  }
}

/** RFC 4469 §4 */
export class BadUrl extends PamojaError {
  readonly url: string;
  constructor(url: string) {
    super('INVALID_PARAMETER', 'there is nothing under that URL');
    this.url = url;
  }
}

/** Throws NO_ACCESS for a mailbox that was opened to be read. */
export function requireWritable({ readOnly }: { readOnly: boolean }): void {
  if (readOnly) throw new PamojaError('NO_ACCESS', 'the mailbox was opened read-only');
}

/** The NO that an error becomes. */
export function noResponse(thrown: unknown): string {
  const error = asPamojaError(thrown);
  if (error.code === 'DATABASE_ERROR') return 'NO [SERVERBUG] internal error';
  if (error instanceof TryCreate) return `NO [TRYCREATE] ${error.message}`;
  if (error instanceof UnknownCharset) return `NO [BADCHARSET (US-ASCII UTF-8)] ${error.message}`;
  if (error instanceof UseNotPossible) return `NO [USEATTR] ${error.message}`;
  if (error instanceof UnknownTransferEncoding) return `NO [UNKNOWN-CTE] ${error.message}`;
  if (error instanceof BadUrl) return `NO [BADURL ${encodeString(error.url)}] ${error.message}`;
  if (error instanceof MetadataLimit) return `NO [METADATA ${error.limit}] ${error.message}`;
  if (error instanceof BadEvent) return `NO [BADEVENT (${error.known.join(' ')})] ${error.message}`;
  // RFC 5530 §3: the same again, later, may succeed; a client does not ask for another password.
  if (error instanceof LoginDelayed) return `NO [UNAVAILABLE] ${error.message}`;
  return `NO [${RESPONSE_CODES[error.code] ?? 'SERVERBUG'}] ${error.message}`;
}
