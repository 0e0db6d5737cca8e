import { describe, expect, it } from 'vitest';
import { ownMessage } from '../../../../scripts/sample-messages.ts';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { encodeBodyStructure } from '../../../../shared/protocol/imap/body-structure.ts';

const structureOf = (message: Buffer | string) => encodeBodyStructure(scanMessage(Buffer.from(message)), true);

describe('BODYSTRUCTURE', () => {
  it('shows a multipart without parts as the text that FETCH BODY[1] gives', () => {
    expect(structureOf(ownMessage('structure-multipart-without-parts'))).toBe(
      '("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 52 2 NIL NIL NIL NIL)',
    );
    expect(structureOf('Content-Type: multipart/mixed\r\n\r\ntext\r\n')).toBe(
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 6 1 NIL NIL NIL NIL)',
    );
  });

  it('shows one within another, and within a message, in its place', () => {
    const structure = structureOf(ownMessage('structure-inner-multiparts-without-parts'));
    expect(structure).toMatch(
      /^\(\("text" "plain" \("charset" "us-ascii"\) NIL NIL "7bit" 44 0 NIL NIL NIL NIL\)\("message" "rfc822" NIL NIL NIL "7bit" \d+ \(.*\) \("text" "plain" .*"7bit" 19 0 NIL NIL NIL NIL\) 4 NIL NIL NIL NIL\)\("text" "plain" .* "7bit" 26 0 .*\) "mixed" \("boundary" "outer"\) NIL NIL NIL\)$/,
    );
  });

  // RFC 2231 §6: servers join continuations. A value with a charset stays encoded: IMAP has no other form for it.
  it('has parameters that came in pieces as one', () => {
    const structure = structureOf(ownMessage('attachment-parameters-in-pieces'));
    expect(structure).toContain('("text" "plain" ("charset" "utf-8") ');
    expect(structure).toContain(`("name*" "utf-8'de'%C3%9Cbersicht%20Quartal.pdf")`);
    expect(structure).toContain(`("attachment" ("filename*" "utf-8'de'%C3%9Cbersicht%2050%25%20im%20Quartal.pdf"))`);
    expect(structure).toContain('("attachment" ("filename" "a very long name in plain pieces.txt"))');
    expect(structure).toContain('"mixed" ("boundary" "in-pieces")');
  });

  it('claims no other charset beside one that is coded', () => {
    expect(structureOf("Content-Type: text/plain; charset*=us-ascii'en'utf-8\r\n\r\n")).toContain(
      `(("charset*" "us-ascii'en'utf-8") `.slice(1),
    );
  });

  it('has the envelope and the structure that a message without a body needs', () => {
    expect(structureOf('Content-Type: message/rfc822\r\n')).toBe(
      '("message" "rfc822" NIL NIL NIL "7bit" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL)',
    );
  });
});
