import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../../shared/mime/message-source.ts';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { systemClock } from '../../../../shared/platform/clock.ts';
import { parseOptions } from '../../../../shared/platform/options.ts';
import { decodeContent } from '../../../../shared/store/content/content-document.ts';
import { prepareMessage } from '../../../../shared/store/content/prepare-message.ts';
import type { StoreContext } from '../../../../shared/store/engine/context.ts';
import type { TenantId } from '../../../../shared/store/engine/ids.ts';

const warnings: unknown[] = [];
const context = {
  clock: systemClock,
  options: parseOptions({ attachment_inline_max: '1M' }),
  log: { warn: (facts: unknown) => warnings.push(facts) },
  parseLimitMs: 20,
} as unknown as StoreContext;

describe('a message that takes too long to parse', () => {
  it('is stored byte for byte, with the structure of a plain text and without properties of its header', async () => {
    const bytes = Buffer.from(
      `Subject: slow\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n${'text\r\n'.repeat(4000)}--a--\r\n`,
    );
    const scanned = scanMessage(bytes);
    const endless = {
      name: 'subject',
      get value(): string {
        for (;;);
      },
    };
    const root = { ...scanned, fields: [endless, ...scanned.fields] };
    const prepared = await prepareMessage(context, 1 as TenantId, bytesSource(bytes), root, 0);
    const [segment] = decodeContent(prepared.content);
    expect(segment?.kind === 'inline' && segment.bytes.equals(bytes)).toBe(true);
    expect(prepared.bodyStructure.toString()).toMatch(/^\("text" "plain" /i);
    expect(JSON.parse(prepared.parts)).toEqual([0, 0, scanned.bodyStart, bytes.length, '7bit']);
    expect(prepared.properties.subject).toBe('');
    expect(prepared.header).toBeUndefined();
    expect(warnings).toMatchObject([{ bytes: bytes.length }]);
  });
});
