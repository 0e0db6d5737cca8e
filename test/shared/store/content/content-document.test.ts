import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobKey } from '../../../../shared/blobs/blobs.ts';
import { memoryObjects } from '../../../../shared/blobs/memory-objects.ts';
import {
  decodeContent,
  encodeContent,
  readContent,
  type Segment,
} from '../../../../shared/store/content/content-document.ts';

describe('the content document', () => {
  it('returns any range of a message from inline segments and blobs', async () => {
    const objects = memoryObjects();
    const pieces = [randomBytes(10), randomBytes(300), randomBytes(7), randomBytes(50)];
    const whole = Buffer.concat(pieces);
    const segments: Segment[] = pieces.map((bytes, i) =>
      i % 2 === 0
        ? { kind: 'inline', bytes }
        : { kind: 'blob', scope: i === 1 ? 0 : 4_000_000_000, hash: randomBytes(32), length: bytes.length },
    );
    for (const [i, segment] of segments.entries())
      if (segment.kind === 'blob') objects.kept.set(blobKey(segment), pieces[i] ?? Buffer.alloc(0));
    const decoded = decodeContent(encodeContent(segments));
    expect(decoded).toEqual(segments);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.integer({ min: 0, max: whole.length }),
        async (a, b) => {
          const [start, end] = [Math.min(a, b), Math.max(a, b)];
          const read: Buffer[] = [];
          for await (const chunk of readContent(objects, decoded, start, end)) read.push(chunk);
          expect(Buffer.concat(read).equals(whole.subarray(start, end))).toBe(true);
        },
      ),
    );
  });
});
