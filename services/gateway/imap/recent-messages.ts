import { lowerBound, lowerBoundBy } from '../../../shared/protocol/imap/sequence-set.ts';
import type { Uid } from '../../../shared/store/engine/ids.ts';
import type { RecentMark } from '../../../shared/store/messages/recent-mark.ts';

/**
 * The messages that are \Recent for one session (RFC 3501 §2.3.2): those of which no session before it has been told, and in a mailbox
 * that was opened to be read, where being told changes nothing, all of which nobody had been told then.
 */
export class RecentMessages {
  /** In ascending order, none touching the next. */
  private readonly ranges: { after: number; upTo: number }[] = [];
  private readonly mark: RecentMark | undefined;
  /** Uids up to this have been claimed, by this session or another. */
  private claimed: number;

  private constructor(mark: RecentMark | undefined) {
    this.mark = mark;
    this.claimed = mark ? 0 : Number.POSITIVE_INFINITY;
  }

  /** IMAP4rev2 knows no \Recent (RFC 9051 appendix E), and its sessions take none from others. */
  static none(): RecentMessages {
    return new RecentMessages(undefined);
  }

  /** Of a mailbox that is only read: whatever has a higher uid. */
  static after(mark: number): RecentMessages {
    const recent = new RecentMessages(undefined);
    recent.ranges.push({ after: mark, upTo: Number.POSITIVE_INFINITY });
    return recent;
  }

  static claimedFrom(mark: RecentMark): RecentMessages {
    return new RecentMessages(mark);
  }

  /** Claims messages up to a uid before the client is told of them. */
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

  /** How many of some uids, in ascending order. */
  count(uids: readonly Uid[]): number {
    const upTo = (uid: number) => lowerBound(uids, uid + 1);
    return this.ranges.reduce((sum, range) => sum + upTo(range.upTo) - upTo(range.after), 0);
  }
}
