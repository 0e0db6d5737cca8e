import { expect, it } from 'vitest';
import { RecentMessages } from '../../../../services/gateway/imap/recent-messages.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import type { RecentUid } from '../../../../shared/store/messages/recent-uid.ts';

const uids = (...numbers: number[]) => numbers as Uid[];

/** The mark of a folder that two sessions share. */
function sharedMark(at: number): RecentUid {
  let mark = at;
  const claim = async (upTo: Uid) => {
    const before = Math.min(mark, upTo);
    mark = Math.max(mark, upTo);
    return before;
  };
  return { claim } as unknown as RecentUid;
}

it('a message is recent for the session that claims it first, and for no other (RFC 3501 §2.3.2)', async () => {
  const mark = sharedMark(3);
  const [first, second] = [RecentMessages.claimedFrom(mark), RecentMessages.claimedFrom(mark)];
  await first.claim(5 as Uid);
  await second.claim(7 as Uid);
  await first.claim(7 as Uid);
  expect(uids(3, 4, 5, 6, 7).map((uid) => [first.has(uid), second.has(uid)])).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [false, true],
    [false, true],
  ]);
  expect([first, second].map((session) => session.count(uids(1, 4, 5, 7)))).toEqual([2, 1]);
});

it('a read-only session sees as recent the messages that were unclaimed when it began, and claims none', async () => {
  const recent = RecentMessages.after(4);
  await recent.claim(9 as Uid);
  expect(recent.count(uids(3, 4, 5, 9, 10))).toBe(3);
});

it('IMAP4rev2 has no recent messages (RFC 9051 appendix E)', () => {
  expect(RecentMessages.none().count(uids(1, 2, 3))).toBe(0);
});
