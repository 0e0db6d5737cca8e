import { DEFAULT_LIMITS, type DecodeLimits } from '../../shared/protocol/soap/decode-limits.ts';
import type { OperationName } from '../../shared/protocol/soap/interface.ts';

/** Limits of one request. */
export interface RequestLimits extends DecodeLimits {
  /** Bytes of the parts beside the envelope (MTOM). */
  attachments: number;
}

const KB = 1024;
const MB = 1024 * KB;

/** Limits before a session is shown: a logon with its licence request has 12 elements and 2 KB. */
export const UNAUTHENTICATED: RequestLimits = {
  size: 64 * KB,
  depth: 16,
  elements: 200,
  text: 16 * KB,
  attachments: 0,
};

/** Limits of an operation on a few objects and values. */
const SMALL: RequestLimits = { size: MB, depth: 16, elements: 5000, text: 256 * KB, attachments: 0 };

/** Limits of an operation on any number of messages, columns, names or conditions. */
const LIST: RequestLimits = { size: 32 * MB, depth: 128, elements: 200_000, text: 4 * MB, attachments: 0 };

/** Limits of an operation that transfers a message with its recipients and attachments. */
const OBJECT: RequestLimits = { ...DEFAULT_LIMITS, elements: 500_000, attachments: 0 };

/** Limits of an operation that transfers a message as a stream beside the envelope. */
const STREAM: RequestLimits = { ...SMALL, attachments: 256 * MB };

const BY_OPERATION: Partial<Record<OperationName, RequestLimits>> = {
  ssoLogon: UNAUTHENTICATED,
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

/** Limits of an operation within a session. */
export const limitsOf = (operation: OperationName): RequestLimits => BY_OPERATION[operation] ?? SMALL;
