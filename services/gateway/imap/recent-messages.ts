import { lowerBound, lowerBoundBy } from '../../../shared/protocol/imap/sequence-set.ts';
import type { Uid } from '../../../shared/store/engine/ids.ts';
import type { RecentUid } from '../../../shared/store/messages/recent-uid.ts';

/**
 * The messages that are \Recent for one session (RFC 3501 §2.3.2): those that no earlier session has seen. A mailbox that was opened
 * read-only claims none; there it is all messages that no session had seen at that time.
 */
export class RecentMessages {
  /** In ascending order, with a gap between each and the next. */
  private readonly ranges: { after: number; upTo: number }[] = [];
  private readonly mark: RecentUid | undefined;
  /** Uids up to this have been claimed, by this session or another. */
  private claimed: number;

  private constructor(mark: RecentUid | undefined) {
    this.mark = mark;
    this.claimed = mark ? 0 : Number.POSITIVE_INFINITY;
  }

  /** IMAP4rev2 has no \Recent (RFC 9051 appendix E), and its sessions claim no message. */
  static none(): RecentMessages {
    return new RecentMessages(undefined);
  }

  /** For a mailbox that is read-only: every message with a higher uid. */
  static after(mark: number): RecentMessages {
    const recent = new RecentMessages(undefined);
    recent.ranges.push({ after: mark, upTo: Number.POSITIVE_INFINITY });
    return recent;
  }

  static claimedFrom(mark: RecentUid): RecentMessages {
    return new RecentMessages(mark);
  }

  /** Claims messages up to a uid, before they are sent to the client. */
  async claim(upTo: Uid): Promise<void> {
    if (!this.mark || upTo <= this.claimed) return;
    const after = await this.mark.claim(upTo);
    this.claimed = upTo;
    if (after >= upTo) return;
    const last = this.ranges.at(-1);
    if (last && last.upTo >= after) last.upTo = upTo;
    else this.ranges.push({ after, upTo });
  }

  /** Whether messages up to a uid have been claimed. */
  covers(upTo: Uid): boolean {
    return upTo <= this.claimed;
  }

  has(uid: Uid): boolean {
    const range = this.ranges[lowerBoundBy(this.ranges, uid, ({ upTo }) => upTo)];
    return range !== undefined && uid > range.after;
  }

  /** The number of recent messages among some uids, which are in ascending order. */
  count(uids: readonly Uid[]): number {
    const upTo = (uid: number) => lowerBound(uids, uid + 1);
    return this.ranges.reduce((sum, range) => sum + upTo(range.upTo) - upTo(range.after), 0);
  }
}
