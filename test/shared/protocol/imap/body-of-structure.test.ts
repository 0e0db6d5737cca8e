import { describe, expect, it } from 'vitest';
import { sampleMessages } from '../../../../scripts/sample-messages.ts';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { bodyOfStructure } from '../../../../shared/protocol/imap/body-of-structure.ts';
import { encodeBodyStructure } from '../../../../shared/protocol/imap/body-structure.ts';

describe('BODY of a stored BODYSTRUCTURE', () => {
  it('equals the one made from the message', () => {
    for (const { name, bytes } of sampleMessages()) {
      const root = scanMessage(bytes);
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
