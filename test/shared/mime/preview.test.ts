import { describe, expect, it } from 'vitest';
import { previewOf } from '../../../shared/mime/preview.ts';

const preview = (...lines: string[]): string => previewOf(Buffer.from(lines.join('\r\n')));

describe('a preview (RFC 8970)', () => {
  it('is the beginning of the text, in a line', () => {
    expect(preview('Subject: x', '', 'Hello,', '', '   this  is', 'text.')).toBe('Hello, this is text.');
    expect([...preview('', '', '\u{1f600}'.repeat(300))]).toHaveLength(200);
  });

  it('is of the plain text before that of the markup, and of no attachment', () => {
    const parts = [
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: text/plain',
      'Content-Disposition: attachment',
      '',
      'attached',
      '--b',
      'Content-Type: text/html',
      '',
      '<html><head><title>no</title><style>p { x: y }</style></head><p>Gr&uuml;&#223;e &amp; &lt;more&gt;<!-- no -->',
      '--b--',
    ];
    expect(preview(...parts)).toBe('Grüße & <more>');
  });

  it('undoes encodings, also of text that is cut in the middle', () => {
    const base64 = Buffer.from('grüße').toString('base64');
    expect(
      preview('Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', '', base64.slice(0, 4)),
    ).toBe('gr');
  });

  it('of a part that is no text is empty', () => {
    expect(preview('Content-Type: image/png', '', 'x')).toBe('');
    expect(previewOf(Buffer.alloc(0))).toBe('');
  });
});
