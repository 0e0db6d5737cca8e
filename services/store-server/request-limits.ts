import { DEFAULT_LIMITS, type DecodeLimits } from '../../shared/protocol/soap/decode-limits.ts';
import type { OperationName } from '../../shared/protocol/soap/interface.ts';

/** What one request may have. */
export interface RequestLimits extends DecodeLimits {
  /** Bytes of what travels beside the envelope (MTOM). */
  attachments: number;
}

const KB = 1024;
const MB = 1024 * KB;

/** Of who has not shown a session yet: a logon with its licence request has 12 elements and 2 KB. */
export const STRANGER: RequestLimits = { size: 64 * KB, depth: 16, elements: 200, text: 16 * KB, attachments: 0 };

/** Of an operation that names a few things and says a few things of them. */
const SMALL: RequestLimits = { size: MB, depth: 16, elements: 5000, text: 256 * KB, attachments: 0 };

/** Of an operation on as many messages, columns, names or conditions as a client cares to name. */
const LIST: RequestLimits = { size: 32 * MB, depth: 128, elements: 200_000, text: 4 * MB, attachments: 0 };

/** A message with its recipients and attachments. */
const OBJECT: RequestLimits = { ...DEFAULT_LIMITS, elements: 500_000, attachments: 0 };

/** A message as a stream beside the envelope. */
const STREAM: RequestLimits = { ...SMALL, attachments: 256 * MB };

const BY_OPERATION: Partial<Record<OperationName, RequestLimits>> = {
  ssoLogon: STRANGER,
  saveObject: OBJECT,
  importMessageFromStream: STREAM,
  exportMessageChangesAsStream: LIST,
  getChanges: LIST,
  getSyncStates: LIST,
  deleteObjects: LIST,
  copyObjects: LIST,
  setReadFlags: LIST,
  'create-folders': LIST,
  setRights: LIST,
  tableSetColumns: LIST,
  tableRestrict: LIST,
  tableFindRow: LIST,
  tableMulti: LIST,
  tableSetSearchCriteria: LIST,
  abResolveNames: LIST,
  getIDsFromNames: LIST,
  getNamesFromIDs: LIST,
  notifySubscribeMulti: LIST,
  notifyUnSubscribeMulti: LIST,
  // Properties that an address book's plug-in defines, with pictures and certificates.
  createUser: { ...SMALL, size: 8 * MB, text: 4 * MB },
  setUser: { ...SMALL, size: 8 * MB, text: 4 * MB },
  testSet: { ...SMALL, size: 4 * MB, text: 4 * MB },
};

/** Of an operation by somebody who has a session. */
export const limitsOf = (operation: OperationName): RequestLimits => BY_OPERATION[operation] ?? SMALL;
