import { describe, expect, it } from 'vitest';
import {
  type EsearchResponse,
  esearchLine,
  saveResults,
} from '../../../../../services/gateway/imap/search/search-results.ts';
import type { SelectedMailbox } from '../../../../../services/gateway/imap/selected-mailbox.ts';
import type { SearchResults } from '../../../../../shared/protocol/imap/search-keys.ts';
import type { Uid } from '../../../../../shared/store/engine/ids.ts';

const FOUND = [
  { uid: 10 as Uid, number: 1, modseq: 7 },
  { uid: 11 as Uid, number: 2, modseq: 9 },
  { uid: 20 as Uid, number: 5, modseq: 8 },
];

const results = (...names: string[]) => ({ names: new Set(names), range: undefined }) as unknown as SearchResults;

const line = (own: Partial<EsearchResponse>) =>
  esearchLine({
    tag: 'a1',
    byUid: false,
    results: results('ALL'),
    found: FOUND,
    byModseq: false,
    inOrder: false,
    ...own,
  });

describe('an ESEARCH response (RFC 4731 §3.1)', () => {
  it('has the results that were asked for, in the order of the RFC', () => {
    expect(line({ results: results('COUNT', 'ALL', 'MAX', 'MIN') })).toBe(
      '* ESEARCH (TAG "a1") MIN 1 MAX 5 COUNT 3 ALL 1:2,5',
    );
  });

  it('says that its numbers are uids', () => {
    const found = FOUND.map((each) => ({ ...each, number: each.uid }));
    expect(line({ byUid: true, found })).toBe('* ESEARCH (TAG "a1") UID ALL 10:11,20');
  });

  it('has a count of zero, and no other result, when nothing was found', () => {
    expect(line({ results: results('MIN', 'ALL', 'COUNT'), found: [] })).toBe('* ESEARCH (TAG "a1") COUNT 0');
  });

  it('keeps the order of a sort (RFC 5267 §3)', () => {
    expect(line({ found: [...FOUND].reverse(), inOrder: true })).toBe('* ESEARCH (TAG "a1") ALL 5,2,1');
  });

  it('has the highest modseq of the messages in it: of the one that MIN names alone (RFC 7162 §3.1.10)', () => {
    expect(line({ byModseq: true })).toMatch(/MODSEQ 9$/);
    expect(line({ byModseq: true, results: results('MIN') })).toMatch(/MODSEQ 7$/);
  });
});

describe('a saved result (RFC 5182 §2.4)', () => {
  const saved = (...names: string[]) => {
    const mailbox = { saved: new Set<Uid>([99 as Uid]) };
    saveResults(mailbox as unknown as SelectedMailbox, results(...names), FOUND);
    return [...mailbox.saved];
  };

  it('is all that was found, or with MIN and MAX alone these', () => {
    expect(saved('SAVE', 'ALL')).toEqual([10, 11, 20]);
    expect(saved('SAVE', 'MIN', 'COUNT')).toEqual([10, 11, 20]);
    expect(saved('SAVE', 'MIN', 'MAX')).toEqual([10, 20]);
  });

  it('stays as it was where SAVE is not asked for', () => {
    expect(saved('ALL')).toEqual([99]);
  });
});
