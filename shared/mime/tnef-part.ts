import { decodeTransferEncoding } from './body-text.ts';
import type { ReadRange } from './byte-range.ts';
import type { Part } from './part.ts';
import { TnefError, type TnefMessage } from './tnef.ts';
import { readTnef } from './tnef-reader.ts';
import { runUnlimited, type WorkRunner } from './work-runner.ts';

/** The maximum size of a TNEF part in bytes; a larger one stays an attachment. */
const MAX_TNEF = 64 * 1024 * 1024;

/** Whether a part is TNEF (MS-OXCMAIL §2.2.3.3); a part of another type that is named winmail.dat is tried too. */
export const isTnef = ({ kind, contentType }: Part): boolean =>
  kind === 'leaf' &&
  (/^application\/(?:vnd\.)?ms-tnef$/.test(contentType.value) ||
    contentType.params.some(([name, value]) => name === 'name' && value.toLowerCase() === 'winmail.dat'));

/** The TNEF part of a message; undefined if it has none. */
export function findTnef(part: Part): Part | undefined {
  if (isTnef(part)) return part;
  if (part.kind !== 'multipart') return undefined;
  for (const child of part.children) {
    const found = findTnef(child);
    if (found) return found;
  }
  return undefined;
}

/** The content of a TNEF part; undefined if it cannot be read or is too large. */
export async function tnefOf(
  part: Part,
  read: ReadRange,
  maxBytes = MAX_TNEF,
  run: WorkRunner = runUnlimited,
): Promise<TnefMessage | undefined> {
  if (part.bodyEnd - part.bodyStart > maxBytes) return undefined;
  const bytes = await read({ start: part.bodyStart, end: part.bodyEnd });
  try {
    return run(() => readTnef(decodeTransferEncoding(bytes, part.encoding)));
  } catch (error) {
    if (error instanceof TnefError) return undefined;
    throw error;
  }
}
