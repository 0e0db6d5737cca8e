import { filterHeader } from './header-filter.ts';

/** The maximum size in bytes of a header that is stored for listings; one header in a hundred is longer and is read from its message. */
const MAX_LENGTH = 3072;

/** Trace and transport fields, which clients do not list and which are most of a header. */
const TRACE = [
  'received',
  'x-received',
  'return-path',
  'delivered-to',
  'received-spf',
  'authentication-results',
  'arc-seal',
  'arc-message-signature',
  'arc-authentication-results',
  'dkim-signature',
  'domainkey-signature',
  'x-google-dkim-signature',
  'x-gm-message-state',
  'x-google-smtp-source',
  'x-microsoft-antispam',
  'x-microsoft-antispam-message-info',
  'x-ms-exchange-antispam-messagedata-chunkcount',
  'x-forefront-antispam-report',
  'x-spam-report',
];

/** Whether a stored header contains all occurrences of a field (lower case). */
export const isListed = (field: string): boolean => !TRACE.includes(field);

/** The fields of a header that clients list, unchanged; undefined if they are too long. */
export function listedHeader(header: Buffer): Buffer | undefined {
  const kept = filterHeader(header, TRACE, false);
  return kept.length <= MAX_LENGTH ? kept : undefined;
}
