import { filterHeader } from '../../../../shared/mime/header-filter.ts';
import { sectionRange } from '../../../../shared/mime/section.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import type { Section } from '../../../../shared/protocol/imap/fetch-items.ts';
import type { MessageContent } from '../../../../shared/store/messages/message-content.ts';

/** A section of a message (RFC 3501 §6.4.5), whose length is known before it is read. */
export interface OpenSection {
  /** Octets. */
  length: number;
  read(): AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** Undefined where the message has no such section. A `partial` that starts beyond the end gives no octets; without a length it gives the rest. */
export async function openSection(
  { root, read }: MessageContent,
  { path, what, fields }: Section,
  partial: { start: number; length: number | undefined } | undefined,
): Promise<OpenSection | undefined> {
  const { start = 0, length = Number.POSITIVE_INFINITY } = partial ?? {};
  const isFields = what === 'fields' || what === 'fields-not';
  const range = sectionRange(root, path, isFields ? 'header' : what);
  if (!range) return undefined;
  if (isFields) {
    const header = filterHeader(await collect(read(range)), fields, what === 'fields').subarray(start, start + length);
    return { length: header.length, read: () => [header] };
  }
  const from = Math.min(range.start + start, range.end);
  const end = Math.min(from + length, range.end);
  return { length: end - from, read: () => read({ start: from, end }) };
}
