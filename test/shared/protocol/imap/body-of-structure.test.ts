import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { bodyOfStructure } from '../../../../shared/protocol/imap/body-of-structure.ts';
import { encodeBodyStructure } from '../../../../shared/protocol/imap/body-structure.ts';

const CORPUS = 'test/fixtures/corpus';

describe('BODY of a stored BODYSTRUCTURE', () => {
  it('is what would be made of the message', () => {
    const files = readdirSync(CORPUS).filter((name) => name.endsWith('.eml'));
    expect(files.length).toBeGreaterThan(100);
    for (const name of files) {
      const root = scanMessage(readFileSync(path.join(CORPUS, name)));
      expect(bodyOfStructure(encodeBodyStructure(root, true)), name).toBe(encodeBodyStructure(root, false));
    }
  });

  it('knows every form of a string', () => {
    const message = Buffer.from(
      'Content-Type: multipart/mixed; boundary=b; x="a\\"b\\\\"\r\nContent-Language: de, en\r\n\r\n--b\r\nContent-Type: text/html; name="caf\xe9 (1)"\r\nContent-Description: )( "\r\nContent-Disposition: inline; filename="\xe9)"\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: \xe9 {3}\r\n\r\ninner\r\n--b--\r\n',
      'latin1',
    );
    const root = scanMessage(message);
    expect(bodyOfStructure(encodeBodyStructure(root, true))).toBe(encodeBodyStructure(root, false));
  });
});
