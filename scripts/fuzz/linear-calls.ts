import type { Calls, Reasons } from './linear-calls/call.ts';
import { IMAP_CALLS, IMAP_WITHOUT_TEXT } from './linear-calls/imap.ts';
import { MAPI_CALLS, MAPI_WITHOUT_TEXT } from './linear-calls/mapi.ts';
import { MIME_CALLS, MIME_WITHOUT_TEXT } from './linear-calls/mime.ts';
import { SESSION_CALLS, SESSION_WITHOUT_TEXT } from './linear-calls/session-protocols.ts';
import { SOAP_CALLS, SOAP_WITHOUT_TEXT } from './linear-calls/soap.ts';

// Every exported function of shared/mapi, shared/mime and shared/protocol is in one of two tables; test/shared/linear-time.test.ts says so.

/** How each function that reads text from outside is called. */
export const CALLS: Calls = {
  ...MAPI_CALLS,
  ...MIME_CALLS,
  ...IMAP_CALLS,
  ...SOAP_CALLS,
  ...SESSION_CALLS,
};

/** The functions that read no text from outside, with the reason. */
export const WITHOUT_TEXT: Reasons = {
  ...MAPI_WITHOUT_TEXT,
  ...MIME_WITHOUT_TEXT,
  ...IMAP_WITHOUT_TEXT,
  ...SOAP_WITHOUT_TEXT,
  ...SESSION_WITHOUT_TEXT,
};
