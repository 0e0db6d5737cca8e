/** Capabilities that client and server tell each other at logon (KOPANO_CAP_*). */
const CAPABILITY = {
  CRYPT: 0x8,
  LARGE_SESSION_ID: 0x10,
  LICENSE_SERVER: 0x20,
  MULTI_SERVER: 0x40,
  LOADPROP_ENTRYID: 0x80,
  ENHANCED_ICS: 0x100,
  UNICODE: 0x200,
  MSGLOCK: 0x400,
  EXPORT_PROPTAG: 0x800,
  IMPERSONATION: 0x1000,
  GIFN32: 0x8000,
} as const;

/** The client can hold a session id of 64 bits, as all clients of Kopano can. */
export const { LARGE_SESSION_ID } = CAPABILITY;

/**
 * The capabilities of this server: encrypted values, licences, several servers, loadProp by entry id, enhanced ICS, Unicode, message locks,
 * tags of exports, impersonation, and ids of named properties in 32 bits.
 */
export const SERVER_CAPABILITIES =
  CAPABILITY.CRYPT |
  CAPABILITY.LICENSE_SERVER |
  CAPABILITY.MULTI_SERVER |
  CAPABILITY.LOADPROP_ENTRYID |
  CAPABILITY.ENHANCED_ICS |
  CAPABILITY.UNICODE |
  CAPABILITY.MSGLOCK |
  CAPABILITY.EXPORT_PROPTAG |
  CAPABILITY.IMPERSONATION |
  CAPABILITY.GIFN32;
