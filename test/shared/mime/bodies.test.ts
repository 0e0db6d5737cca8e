import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTransferEncoding } from '../../../shared/mime/body-text.ts';
import { flow, unflow } from '../../../shared/mime/flowed.ts';
import { filterHtml } from '../../../shared/mime/html-filter.ts';
import { htmlToText } from '../../../shared/mime/html-text.ts';
import { TransferDecoder } from '../../../shared/mime/transfer-decoder.ts';

describe('format=flowed (RFC 3676)', () => {
  it('joins the lines of paragraphs, quoted ones by their depth, and leaves signatures alone', () => {
    expect(unflow('a long \r\nparagraph\r\n> quoted \r\n> text\r\n>> deeper\r\n stuffed\r\n-- \r\nsig', false)).toBe(
      'a long paragraph\r\n> quoted text\r\n>> deeper\r\nstuffed\r\n-- \r\nsig',
    );
    expect(unflow('日本 \r\n語', true)).toBe('日本語');
  });

  it('reads back the written text, in lines within the limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '>', '-', 'ü'), minLength: 1, maxLength: 20 });
    const line = fc.array(word, { maxLength: 40 }).map((words) => words.join(' ').replace(/^>+/, ''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = lines.join('\r\n');
        const flowed = flow(text);
        for (const each of flowed.split('\r\n')) expect(each.length).toBeLessThanOrEqual(100);
        expect(unflow(flowed, false)).toBe(text);
      }),
    );
  });
});

describe('HTML', () => {
  it('as text has its paragraphs, lists and characters', () => {
    expect(
      htmlToText(
        '<html><head><title>no</title><style>p{}</style></head><body><p>Gr&uuml;&szlig;e&nbsp;an   &lt;alle&gt;</p><ul><li>eins<li>zwei</ul><div>a<br>b</div><script>x()</script></body>',
      ),
    ).toBe('Grüße\u00a0an <alle>\r\n\r\n* eins\r\n* zwei\r\n\r\na\r\nb');
  });

  it.each([
    ['<p onclick="x()">a</p>', '<p>a</p>'],
    ['<script>alert(1)</script>b', 'b'],
    ['<img src="http://track.test/x.png" />', '<img />'],
    ['<img src="cid:a@b" onerror=x />', '<img src="cid:a@b" />'],
    ['<a href="javascript:alert(1)">c</a>', '<a>c</a>'],
    ['<a href=" java&#115;cript:alert(1)">c</a>', '<a>c</a>'],
    ['<div style="background:url(http://t.test)">d</div>', '<div>d</div>'],
    ['<div style="color:red">d</div>', '<div style="color:red">d</div>'],
    ['<div style="background:u\\72l(http://t.test)">d</div>', '<div>d</div>'],
    ['<iframe src="x"></iframe><form action="x"><input></form>e', 'e'],
    ['<svg><a href="x">f</a></svg>', '<a href="x">f</a>'],
    ['<meta http-equiv="refresh" content="0;url=x">g', 'g'],
  ])('as it is shown: %s', (html, shown) => expect(filterHtml(html)).toBe(shown));

  it('loads images from elsewhere only where that is wanted', () => {
    expect(filterHtml('<img src="https://a.test/x.png" />', { images: true })).toBe(
      '<img src="https://a.test/x.png" />',
    );
  });
});

describe('a transfer encoding', () => {
  it('is undone piece by piece as it is at once', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: fc.constantFrom('a', '=', '\r\n', ' ', 'C3', '3D', '\n', 'ü'), maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (data, text, size) => {
          const base64 = Buffer.from(data).toString('base64').replace(/.{20}/g, '$&\r\n');
          for (const [encoding, body] of [
            ['base64', Buffer.from(base64)],
            ['quoted-printable', Buffer.from(text, 'latin1')],
            ['7bit', Buffer.from(text, 'latin1')],
          ] as const) {
            const decoder = new TransferDecoder(encoding);
            const out: Buffer[] = [];
            for (let at = 0; at < body.length; at += size) out.push(decoder.write(body.subarray(at, at + size)));
            out.push(decoder.end());
            expect(Buffer.concat(out).equals(decodeTransferEncoding(body, encoding))).toBe(true);
          }
        },
      ),
      { numRuns: 500, examples: [[new Uint8Array(), '==\r\nC3', 3]] },
    );
  });
});
