import { describe, expect, it } from 'vitest';
import type { NamedFolder } from '../../../../services/gateway/imap/named-folder.ts';
import { RecentMessages } from '../../../../services/gateway/imap/recent-messages.ts';
import { expungeLines, SelectedMailbox, stateLine } from '../../../../services/gateway/imap/selected-mailbox.ts';
import { CHANGE, type Change } from '../../../../shared/store/engine/changes.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import type { FolderIndex } from '../../../../shared/store/messages/folder-index.ts';
import type { MessageState } from '../../../../shared/store/messages/message-list.ts';

/** The index of a folder that a test changes; each change has the next sequence number. */
class TestIndex {
  seq = 10;
  readonly keywords = new Set<string>();
  /** Sessions that are behind this compare the whole view. */
  logStart = 0;
  private states: MessageState[];
  private log: Pick<Change, 'seq' | 'kind' | 'uid'>[] = [];

  constructor(...uids: number[]) {
    this.states = uids.map((uid) => ({ uid: uid as Uid, modseq: 1, flags: 0, keywords: [] }));
  }

  async refresh(): Promise<void> {}
  get lastUid(): Uid {
    return this.states.at(-1)?.uid ?? (0 as Uid);
  }
  uids = () => this.states.map(({ uid }) => uid);
  all = () => this.states;
  stateOf = (uid: Uid) => this.states.find((state) => state.uid === uid);
  statesOf = (uids: readonly Uid[]) => this.states.filter(({ uid }) => uids.includes(uid));
  changesSince = (seq: number) => (seq < this.logStart ? undefined : this.log.filter((change) => change.seq > seq));

  add(uid: number): void {
    this.states.push({ uid: uid as Uid, modseq: ++this.seq, flags: 0, keywords: [] });
    this.log.push({ seq: this.seq, kind: CHANGE.MESSAGE_NEW, uid: uid as Uid });
  }

  flag(uid: number, flags: number): MessageState {
    const state: MessageState = { uid: uid as Uid, modseq: ++this.seq, flags, keywords: [] };
    this.states = this.states.map((each) => (each.uid === uid ? state : each));
    this.log.push({ seq: this.seq, kind: CHANGE.MESSAGE_EDITED, uid: uid as Uid });
    return state;
  }

  expunge(uid: number): void {
    this.states = this.states.filter((state) => state.uid !== uid);
    this.log.push({ seq: ++this.seq, kind: CHANGE.MESSAGE_GONE, uid: uid as Uid });
  }
}

const FOLDER = {
  folder: { id: 5, highestModseq: 10 },
  tree: { ref: { tenant: 1, store: 2 } },
} as unknown as NamedFolder;

function open(...uids: number[]) {
  const index = new TestIndex(...uids);
  const mailbox = new SelectedMailbox(FOLDER, false, index as unknown as FolderIndex, RecentMessages.none());
  return { index, mailbox, sync: (expunge: boolean) => mailbox.sync(expunge, undefined, () => {}) };
}

describe('a sequence set', () => {
  const { mailbox } = open(3, 5, 8, 9);

  it('names messages by number or by uid', () => {
    expect(mailbox.select('2:3', false)).toEqual([5, 8]);
    expect(mailbox.select('4:8', true)).toEqual([5, 8]);
    expect(mailbox.select('*,1', false)).toEqual([3, 9]);
  });

  it('always names the last message with n:*, by uid too (RFC 3501 §6.4.8)', () => {
    expect(mailbox.select('100:*', true)).toEqual([9]);
  });

  it('names no message beyond the last', () => {
    expect(() => mailbox.select('5', false)).toThrow();
    expect(mailbox.select('100', true)).toEqual([]);
  });

  it('$ names the saved messages that still exist (RFC 5182)', async () => {
    const { index, mailbox: other, sync } = open(1, 2, 3);
    other.saved = new Set([1, 3] as Uid[]);
    expect(other.select('$', false)).toEqual([1, 3]);
    index.expunge(3);
    await sync(false);
    expect(other.select('$', false)).toEqual([1]);
  });
});

describe('the view of a session', () => {
  it('has a new message after the others, once', async () => {
    const { index, mailbox, sync } = open(1);
    index.add(4);
    expect((await sync(true)).added.map(({ uid }) => uid)).toEqual([4]);
    expect(mailbox.numberOf(4 as Uid)).toBe(2);
    expect(await sync(true)).toEqual({ expunged: [], added: [], changed: [], touched: [] });
  });

  it('keeps the numbers while no EXPUNGE may be sent, and gives them highest first when it may (RFC 3501 §7.4.1)', async () => {
    const { index, mailbox, sync } = open(1, 2, 3, 4);
    index.expunge(2);
    index.expunge(3);
    expect((await sync(false)).expunged).toEqual([]);
    expect(mailbox.numberOf(4 as Uid)).toBe(4);
    expect(mailbox.select('1:4', false)).toEqual([1, 4]);
    const { expunged } = await sync(true);
    expect(expunged).toEqual([
      { uid: 3, number: 3 },
      { uid: 2, number: 2 },
    ]);
    expect(mailbox.uids).toEqual([1, 4]);
  });

  it('has no message that came and went between two commands', async () => {
    const { index, mailbox, sync } = open(1);
    index.add(2);
    index.expunge(2);
    expect(await sync(true)).toEqual({ expunged: [], added: [], changed: [], touched: [] });
    expect(mailbox.uids).toEqual([1]);
  });

  it('gives the flags that others have changed, but not flags that the client has already been sent', async () => {
    const { index, mailbox, sync } = open(1, 2);
    mailbox.noteSent([index.flag(1, FLAG.SEEN)]);
    index.flag(2, FLAG.FLAGGED);
    const { changed, touched } = await sync(false);
    expect(changed.map((state) => stateLine(mailbox, state, true))).toEqual([
      '* 2 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (12))',
    ]);
    expect(touched).toEqual([1, 2]);
  });

  it('calls searches before a number changes', async () => {
    const { index, mailbox } = open(1, 2);
    index.expunge(1);
    const before: unknown[] = [];
    await mailbox.sync(true, undefined, (gone) => before.push([...gone], mailbox.numberOf(2 as Uid)));
    expect(before).toEqual([[1], 2]);
    expect(mailbox.numberOf(2 as Uid)).toBe(1);
  });

  it('is compared as a whole where the index does not remember so many changes', async () => {
    const { index, mailbox, sync } = open(1, 2, 3);
    index.expunge(2);
    index.flag(3, FLAG.SEEN);
    index.add(7);
    index.logStart = index.seq;
    const { expunged, added, changed } = await sync(true);
    expect(expunged).toEqual([{ uid: 2, number: 2 }]);
    expect([added, changed].map((states) => states.map(({ uid }) => uid))).toEqual([[7], [3]]);
    expect(mailbox.uids).toEqual([1, 3, 7]);
  });

  it('says up to which modseq the client knows every change: not beyond an EXPUNGE that waits (RFC 7162 §3.1.2.1)', async () => {
    const { index, mailbox, sync } = open(1, 2);
    index.flag(1, FLAG.SEEN);
    await sync(false);
    expect(mailbox.highestModseq).toBe(11);
    index.expunge(2);
    index.flag(1, 0);
    await sync(false);
    expect(mailbox.highestModseq).toBe(11);
    await sync(true);
    expect(mailbox.highestModseq).toBe(13);
  });

  it('counts a CLOSE of its own as known, but not changes that others made in the meantime (RFC 7162 §3.2.8)', async () => {
    const own = open(1, 2);
    own.index.expunge(2);
    expect(await own.mailbox.highestModseqWithout([2] as Uid[])).toBe(11);
    const others = open(1, 2);
    others.index.flag(1, FLAG.SEEN);
    others.index.expunge(2);
    expect(await others.mailbox.highestModseqWithout([2] as Uid[])).toBe(10);
  });
});

it('an EXPUNGE has numbers, and uids for a client with QRESYNC (RFC 7162 §3.2.10)', () => {
  const expunged = [
    { uid: 9 as Uid, number: 4 },
    { uid: 8 as Uid, number: 3 },
    { uid: 2 as Uid, number: 1 },
  ];
  expect(expungeLines(expunged, false)).toEqual(['* 4 EXPUNGE', '* 3 EXPUNGE', '* 1 EXPUNGE']);
  expect(expungeLines(expunged, true)).toEqual(['* VANISHED 2,8:9']);
  expect(expungeLines([], true)).toEqual([]);
});
