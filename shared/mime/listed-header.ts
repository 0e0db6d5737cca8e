import { filterHeader } from './header-filter.ts';

/** Bytes of a header that is kept beside what listings show; one in a hundred is longer, and read from its message. */
const MAX_LENGTH = 3072;

/** Fields that machines write on the way and no client lists: they are most of a header. */
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

/** Whether a kept header says all there is to say about a field (lower case). */
export const isListed = (field: string): boolean => !TRACE.includes(field);

/** The fields of a header that clients ask for, as they stand in it; undefined where they are too long. */
export function listedHeader(header: Buffer): Buffer | undefined {
  const kept = filterHeader(header, TRACE, false);
  return kept.length <= MAX_LENGTH ? kept : undefined;
}
