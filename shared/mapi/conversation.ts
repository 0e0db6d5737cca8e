import { createHash } from 'node:crypto';

const PREFIX = /^\s*(?:re|fw|fwd|aw|wg|sv|vs|antw|tr)\s*(?:\[\d+\]\s*)?:\s*/i;

/** Splits a subject into its reply or forward prefix and what remains (MS-OXCMSG §2.2.1.9 and §2.2.1.10). */
export function splitSubject(subject: string): { prefix: string; normalized: string } {
  let rest = subject;
  while (PREFIX.test(rest)) rest = rest.replace(PREFIX, '');
  return { prefix: subject.slice(0, subject.length - rest.length), normalized: rest };
}

/** The 16 bytes that all messages with the same normalised subject share: the store's conversation column. */
export function conversationId(normalizedSubject: string): Buffer {
  return createHash('md5').update(normalizedSubject.trim().toLowerCase(), 'utf8').digest();
}
