import { describe, expect, it } from 'vitest';
import { replyFor } from '../../../services/lmtp/replies.ts';
import type { Outcome } from '../../../shared/delivery/outcome.ts';

describe('the reply for a recipient', () => {
  it.each<[string, Outcome, string]>([
    ['whose mailbox has the message', { kind: 'stored' }, '250 2.1.5 <a@a.test> delivered'],
    ['whom nobody knows', { kind: 'refused', reason: 'unknown-user' }, '550 5.1.1 <a@a.test> no such user here'],
    ['whose mailbox is full', { kind: 'refused', reason: 'store-full' }, '552 5.2.2 <a@a.test> the mailbox is full'],
    ['to be tried later', { kind: 'later', reason: 'no room' }, '451 4.3.0 <a@a.test> no room; try again later'],
  ])('%s has the code of RFC 3463 for that', (_, outcome, reply) => {
    expect(replyFor(outcome, 'a@a.test')).toBe(reply);
  });
});
