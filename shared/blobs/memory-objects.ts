import { PamojaError } from '../mapi/error.ts';
import type { Objects } from './objects.ts';

/** Objects in this process's memory, for tests; `fail` makes every call fail as an unreachable S3 does. */
export function memoryObjects(): Objects & { kept: Map<string, Buffer>; fail: boolean } {
  const kept = new Map<string, Buffer>();
  const objects = {
    kept,
    fail: false,
    async put(key: string, _size: number, body: AsyncIterable<Buffer>) {
      reachable();
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      kept.set(key, Buffer.concat(chunks));
    },
    async *get(key: string, start: number, end: number) {
      reachable();
      const bytes = kept.get(key);
      if (!bytes) throw new PamojaError('NETWORK_ERROR', 'no such object');
      if (start < end) yield bytes.subarray(start, end);
    },
    async remove(key: string) {
      kept.delete(key);
    },
    async size(key: string) {
      reachable();
      return kept.get(key)?.length;
    },
  };
  const reachable = () => {
    if (objects.fail) throw new PamojaError('NETWORK_ERROR', 'the attachment storage is unreachable');
  };
  return objects;
}
