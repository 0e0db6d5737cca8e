import type { Database } from '../../database/database.ts';
import { append } from '../../platform/append.ts';
import { lowerBoundBy } from '../../protocol/imap/sequence-set.ts';
import { CHANGE, changesOfFolder, type FolderChange } from '../engine/changes.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { listStates, type MessageState, statesOf } from './message-list.ts';
import { RecentUid } from './recent-uid.ts';

/** Changes that are kept for sessions that have not reported them to their clients yet. */
const MAX_LOG = 20_000;

/** Messages in all indexes of a process, about 50 bytes each; indexes that no session has selected are dropped first. */
const MAX_MESSAGES = 2_000_000;

/** Keywords that SELECT names; a folder can have others. */
const MAX_KEYWORDS = 500;

const DONE = Promise.resolve();

/**
 * Uids, flags and modseqs of the live messages of a folder, read once and then kept up to date from the change feed. All sessions of a
 * process that have the folder selected share one, so listing flags, opening a large folder again and waking a hundred idle sessions
 * cost one small query.
 */
export class FolderIndex {
  /** In the order of the uids. */
  private states: MessageState[];
  /** The uid up to which sessions have reported messages. */
  readonly recent: RecentUid;
  /** The keywords that messages have had since the index was read. */
  readonly keywords = new Set<string>();
  /** Changes up to this number are in the index. */
  private upTo: number;
  /** Changes after `logStart`, in their order, for sessions that are behind. */
  private log: FolderChange[] = [];
  private logStart: number;
  /** The start of the last refresh that has ended, on the monotonic clock (performance.now). */
  private freshAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private readonly db: Database;
  private readonly ref: StoreRef;
  private readonly folder: FolderId;

  private constructor(db: Database, ref: StoreRef, folder: FolderId, seq: number, states: MessageState[]) {
    this.db = db;
    this.ref = ref;
    this.folder = folder;
    this.recent = new RecentUid(db, ref, folder);
    this.upTo = seq;
    this.logStart = seq;
    this.states = states;
    for (const state of states) this.noteKeywords(state);
  }

  /** Reads a folder. `seq` must have been read before: a change in between is then seen twice, never missed. */
  static async read(db: Database, ref: StoreRef, folder: FolderId, seq: number): Promise<FolderIndex> {
    return new FolderIndex(db, ref, folder, seq, await listStates(db, ref, folder));
  }

  get seq(): number {
    return this.upTo;
  }

  get size(): number {
    return this.states.length;
  }

  /** The highest uid; 0 in an empty folder. */
  get lastUid(): Uid {
    return this.states.at(-1)?.uid ?? (0 as Uid);
  }

  uids(): Uid[] {
    return this.states.map(({ uid }) => uid);
  }

  /** All states, in the order of the uids. The caller must not change them. */
  all(): readonly MessageState[] {
    return this.states;
  }

  /** The states of messages; `uids` are in ascending order, and uids without a message are passed over. */
  statesOf(uids: readonly Uid[]): MessageState[] {
    const found: MessageState[] = [];
    let at = this.indexOf(uids[0] ?? (0 as Uid));
    for (const uid of uids) {
      // Most uids follow each other in the index.
      if ((this.states[at]?.uid ?? 0) !== uid) at = this.indexOf(uid);
      const state = this.states[at];
      if (state?.uid === uid) {
        found.push(state);
        at++;
      }
    }
    return found;
  }

  stateOf(uid: Uid): MessageState | undefined {
    const state = this.states[this.indexOf(uid)];
    return state?.uid === uid ? state : undefined;
  }

  /** Brings the index up to every change that was committed before `since` (of performance.now), by default before the call. */
  refresh(since = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.freshAt >= since) return DONE;
    if (!this.running) {
      const begun = performance.now();
      this.running = this.catchUp()
        .then(() => {
          this.freshAt = begun;
        })
        .finally(() => {
          this.running = undefined;
        });
      return this.running;
    }
    // The refresh that runs may have read the feed before the caller's own change: the next one has not. Whether it fails is for its own callers.
    this.next ??= Promise.allSettled([this.running]).then(() => {
      this.next = undefined;
      return this.refresh();
    });
    return this.next;
  }

  /** The changes after a number, in their order; undefined where the log does not reach back so far. */
  changesSince(seq: number): readonly FolderChange[] | undefined {
    if (seq < this.logStart) return undefined;
    return this.log.slice(lowerBoundBy(this.log, seq + 1, (change) => change.seq));
  }

  private async catchUp(): Promise<void> {
    const changes = await changesOfFolder(this.db, this.ref, this.folder, this.upTo, MAX_LOG);
    const last = changes.at(-1);
    if (!last) return;
    const gone = new Set<Uid>();
    const touched = new Set<Uid>();
    for (const { kind, uid } of changes) {
      if (uid === null) continue;
      if (kind === CHANGE.MESSAGE_GONE) {
        touched.delete(uid);
        gone.add(uid);
      } else touched.add(uid);
    }
    const states = await statesOf(
      this.db,
      this.ref,
      this.folder,
      [...touched].sort((a, b) => a - b),
    );
    // Nothing is awaited from here on: sessions see all of the changes or none.
    if (gone.size > 0) this.states = this.states.filter(({ uid }) => !gone.has(uid));
    for (const state of states) this.put(state);
    append(this.log, changes);
    this.upTo = last.seq;
    if (this.log.length > MAX_LOG) {
      const dropped = this.log.splice(0, this.log.length - MAX_LOG / 2);
      this.logStart = dropped.at(-1)?.seq ?? this.logStart;
    }
    if (changes.length === MAX_LOG) await this.catchUp();
  }

  private put(state: MessageState): void {
    this.noteKeywords(state);
    const index = this.indexOf(state.uid);
    if (this.states[index]?.uid === state.uid) this.states[index] = state;
    else if (index === this.states.length) this.states.push(state);
    else this.states.splice(index, 0, state);
  }

  private noteKeywords({ keywords }: MessageState): void {
    for (const keyword of keywords) if (this.keywords.size < MAX_KEYWORDS) this.keywords.add(keyword);
  }

  /** The index of a uid, or where it would be inserted. */
  private indexOf(uid: Uid): number {
    return lowerBoundBy(this.states, uid, (state) => state.uid);
  }
}

interface OpenedIndex {
  opened: Promise<FolderIndex>;
  /** Undefined while it is being read. */
  index: FolderIndex | undefined;
}

/** A cache of the indexes of folders that sessions of a process have selected, or had selected recently. */
export class FolderIndexes {
  /** The least lately used first. */
  private readonly indexes = new Map<FolderId, OpenedIndex>();
  private readonly db: Database;
  private readonly maxMessages: number;

  constructor(db: Database, maxMessages = MAX_MESSAGES) {
    this.db = db;
    this.maxMessages = maxMessages;
  }

  /** The index of a folder as it is now. `seq`: a change number of the folder that was read before the call. */
  async open(ref: StoreRef, folder: FolderId, seq: number): Promise<FolderIndex> {
    const entry = this.indexes.get(folder) ?? {
      opened: FolderIndex.read(this.db, ref, folder, seq),
      index: undefined,
    };
    this.indexes.delete(folder);
    this.indexes.set(folder, entry);
    try {
      entry.index = await entry.opened;
      await entry.index.refresh();
    } catch (error) {
      // A failed read is tried again by the next caller.
      if (this.indexes.get(folder) === entry) this.indexes.delete(folder);
      throw error;
    }
    this.makeRoom();
    return entry.index;
  }

  private makeRoom(): void {
    let total = 0;
    for (const [folder, { index }] of [...this.indexes].reverse()) {
      // An empty folder takes memory too.
      total += 20 + (index?.size ?? 0);
      if (total > this.maxMessages) this.indexes.delete(folder);
    }
  }
}
