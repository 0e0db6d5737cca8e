import type { ByteRange } from '../../mime/byte-range.ts';
import { collect } from '../../platform/collect.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { type MessageContent, openContents } from './message-content.ts';

/** A larger message (bytes) is not cached. */
const MAX_MESSAGE = 4 * 1024 * 1024;

/** Bytes that the cache of a process may take, about. */
const MAX_BYTES = 32 * 1024 * 1024;

interface Kept {
  content: MessageContent;
  bytes: number;
}

/**
 * A cache of messages that were opened one by one: mail clients fetch the sections of a message in several commands. A message never changes
 * under its uid; the caller checks whether it still exists and who may see it.
 */
export class ContentCache {
  /** The least lately used first. */
  private readonly kept = new Map<string, Kept>();
  private bytes = 0;
  private readonly maxBytes: number;

  constructor(maxBytes = MAX_BYTES) {
    this.maxBytes = maxBytes;
  }

  /** Opens a message; undefined where it is gone. */
  async open(context: StoreContext, ref: StoreRef, folder: FolderId, uid: Uid): Promise<MessageContent | undefined> {
    const key = `${folder} ${uid}`;
    const kept = this.kept.get(key);
    if (kept) {
      this.kept.delete(key);
      this.kept.set(key, kept);
      return kept.content;
    }
    for await (const [, content] of openContents(context, ref, folder, [uid])) {
      if (content.size > MAX_MESSAGE) return content;
      this.keep(key, readOnce(content));
      return this.kept.get(key)?.content ?? content;
    }
    return undefined;
  }

  private keep(key: string, content: MessageContent): void {
    const bytes = content.size + PART_BYTES * countParts(content.root);
    this.bytes += bytes - (this.kept.get(key)?.bytes ?? 0);
    this.kept.delete(key);
    this.kept.set(key, { content, bytes });
    for (const [oldest, { bytes: freed }] of this.kept) {
      if (this.bytes <= this.maxBytes) return;
      this.kept.delete(oldest);
      this.bytes -= freed;
    }
  }
}

/** Bytes of a decoded part in memory, about. */
const PART_BYTES = 300;

const countParts = ({ children }: MessageContent['root']): number =>
  1 + children.reduce((sum, child) => sum + countParts(child), 0);

/** Wraps a message so that it is read whole when a second range of it is asked for, and gives all later ranges from memory. */
function readOnce(content: MessageContent): MessageContent {
  let ranges = 0;
  let whole: Promise<Buffer> | undefined;
  const readWhole = async (): Promise<Buffer> => {
    whole ??= collect(content.read({ start: 0, end: content.size }));
    try {
      return await whole;
    } catch (error) {
      // The next read tries again.
      whole = undefined;
      throw error;
    }
  };
  return {
    ...content,
    async *read(range: ByteRange) {
      if (++ranges === 1) yield* content.read(range);
      else yield (await readWhole()).subarray(range.start, range.end);
    },
  };
}
