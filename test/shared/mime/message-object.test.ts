import { describe, expect, it } from 'vitest';
import { ownMessage } from '../../../scripts/sample-messages.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { mimeObject } from '../../../shared/mime/message-object.ts';
import { messageProperties } from '../../../shared/mime/message-properties.ts';
import { decodePartIndex, encodePartIndex } from '../../../shared/mime/part-index.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';

async function opened(message: Buffer, index = encodePartIndex(scanMessage(message))): Promise<MapiObject> {
  const { bag } = messageProperties(scanMessage(message), 0);
  const read = async ({ start, end }: { start: number; end: number }) => message.subarray(start, end);
  return (await mimeObject(decodePartIndex(index), read, bag)).object;
}

const attachmentsOf = ({ children }: MapiObject) => children.filter(({ type }) => type === OBJECT.ATTACHMENT);

describe('a multipart without parts', () => {
  it('has the text that stands there as its body', async () => {
    const { properties, children } = await opened(ownMessage('structure-multipart-without-parts'));
    expect(properties.get(PR.BODY)).toBe('Only the text is left, without a delimiter.\nGrüße\n');
    expect(children.filter(({ type }) => type === OBJECT.ATTACHMENT)).toEqual([]);
  });

  it('shows it too where it came before that was so', async () => {
    const message = Buffer.from('Content-Type: multipart/mixed; boundary=b\r\n\r\ntext\r\n');
    const kept = JSON.stringify([1, 0, 45, message.length, '7bit']);
    expect((await opened(message, kept)).properties.get(PR.BODY)).toBe('text\r\n');
  });

  it('is a text within another, and in a message that is attached', async () => {
    const message = await opened(ownMessage('structure-inner-multiparts-without-parts'));
    expect(message.properties.get(PR.BODY)).toBe('The first text stands where parts should be.');
    const [forwarded, text] = attachmentsOf(message);
    expect(forwarded?.children[0]?.properties.get(PR.BODY)).toBe('The forwarded text.');
    expect(text?.properties.get(PR.ATTACH_MIME_TAG)).toBe('text/plain');
  });
});

describe('the name of an attachment', () => {
  it('is joined from its pieces (RFC 2231 §3), which take precedence over its short form', async () => {
    const message = await opened(ownMessage('attachment-parameters-in-pieces'));
    expect(message.properties.get(PR.BODY)).toBe('Grüße');
    expect(attachmentsOf(message).map(({ properties }) => properties.get(PR.ATTACH_LONG_FILENAME))).toEqual([
      'Übersicht 50% im Quartal.pdf',
      'a very long name in plain pieces.txt',
    ]);
  });
});
