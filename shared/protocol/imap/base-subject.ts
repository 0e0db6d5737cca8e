import { decodeHeaderText } from '../../mime/encoded-words.ts';
import { casemap } from './casemap.ts';

const BLOB = /^\[[^[\]]*\]\s*/;
const REFWD = /^(?:re|fwd?)\s*(?:\[[^[\]]*\]\s*)?:\s*/i;
const TRAILER = /\s*\(fwd\)$/i;
const WRAPPED = /^\[fwd:(.*)\]$/is;

/** The number of characters of a subject that are compared. */
const MAX_SUBJECT = 1000;

/** The base subject of RFC 5256 §2.1, folded for comparison; and whether a reply or forward marker was removed. */
export function baseSubject(raw: string | undefined): { base: string; isReply: boolean } {
  let text = decodeHeaderText(raw ?? '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_SUBJECT);
  let isReply = false;
  const take = (pattern: RegExp): boolean => {
    const rest = text.replace(pattern, '');
    if (rest === text) return false;
    text = rest;
    isReply = true;
    return true;
  };
  for (;;) {
    while (take(TRAILER));
    for (let again = true; again; ) {
      again = false;
      // A blob before "Re:" belongs to it.
      const blobs = /^(?:\[[^[\]]*\]\s*)+/.exec(text)?.[0] ?? '';
      if (REFWD.test(text.slice(blobs.length))) {
        text = text.slice(blobs.length).replace(REFWD, '');
        isReply = true;
        again = true;
      } else if (BLOB.test(text) && text.replace(BLOB, '') !== '') {
        text = text.replace(BLOB, '');
        again = true;
      }
    }
    const wrapped = WRAPPED.exec(text);
    if (!wrapped) return { base: casemap(text), isReply };
    text = (wrapped[1] ?? '').trim();
    isReply = true;
  }
}
