import { describe, expect, it } from 'vitest';
import { sampleMessages } from '../../../scripts/sample-messages.ts';
import { decodeFlatEntryList, decodeOneOff } from '../../../shared/mapi/entry-id.ts';
import { toFileTime } from '../../../shared/mapi/filetime.ts';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { decodeTransferEncoding } from '../../../shared/mime/body-text.ts';
import { composeMessage } from '../../../shared/mime/compose.ts';
import { mimeObject } from '../../../shared/mime/message-object.ts';
import { messageProperties } from '../../../shared/mime/message-properties.ts';
import { decodePartIndex, encodePartIndex } from '../../../shared/mime/part-index.ts';
import { isReceipt } from '../../../shared/mime/report.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';

interface Opened {
  object: MapiObject;
  data: (attachment: MapiObject) => Buffer;
}

async function open(bytes: Buffer): Promise<Opened> {
  const root = scanMessage(bytes);
  const read = async ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
  const { object, parts } = await mimeObject(
    decodePartIndex(encodePartIndex(root)),
    read,
    messageProperties(root, 0).bag,
  );
  return {
    object,
    data({ id, properties }) {
      const part = parts.get(id);
      if (part) return decodeTransferEncoding(bytes.subarray(part.bodyStart, part.bodyEnd), part.encoding);
      const value = properties.get(PR.ATTACH_DATA_BIN);
      return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
    },
  };
}

/** White space as it may be: a body ends with a line end or without, an empty one is none; a NUL in a header is written as a blank. */
const words = (value: unknown): string =>
  String(value ?? '')
    .replace(/[\s\0]+/g, ' ')
    .trim();

const bytesOf = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));

const EPOCH = toFileTime(0);
const NORMAL_IMPORTANCE = 1;

const withDomain = (address: string): string => (address.includes('@') ? address : '');

/** The values of a message that its reader sees. */
function meaning({ object, data }: Opened): unknown {
  const { properties, children } = object;
  return {
    subject: words(properties.get(PR.SUBJECT)),
    // An address without a domain cannot be written to; one without a date gets that of its delivery.
    from: withDomain(words(properties.get(PR.SENT_REPRESENTING_EMAIL_ADDRESS))),
    sent: properties.get(PR.CLIENT_SUBMIT_TIME) ?? EPOCH,
    importance: properties.get(PR.IMPORTANCE) ?? NORMAL_IMPORTANCE,
    sensitivity: properties.get(PR.SENSITIVITY) ?? 0,
    messageId: words(properties.get(PR.INTERNET_MESSAGE_ID)),
    references: words(properties.get(PR.INTERNET_REFERENCES)),
    receipt: properties.get(PR.READ_RECEIPT_REQUESTED),
    delivered: properties.get(PR.ORIGINATOR_DELIVERY_REPORT_REQUESTED),
    replyTo: decodeFlatEntryList(bytesOf(properties.get(PR.REPLY_RECIPIENT_ENTRIES)))
      .map((entry) => decodeOneOff(entry))
      .filter((each) => each?.address.includes('@')),
    expires: properties.get(PR.EXPIRY_TIME),
    unsubscribe: words(properties.get(PR.LIST_UNSUBSCRIBE)),
    thread: bytesOf(properties.get(PR.CONVERSATION_INDEX)).toString('hex'),
    body: words(properties.get(PR.BODY)),
    html: words(properties.get(PR.HTML)),
    recipients: children
      .filter(({ type }) => type === OBJECT.MAIL_USER)
      .map((child) => `${child.properties.get(PR.RECIPIENT_TYPE)} ${child.properties.get(PR.EMAIL_ADDRESS)}`)
      .filter((each) => each.includes('@')),
    ...(isReceipt(properties)
      ? { receipt: receiptMeaning(properties) }
      : {
          suppressed: properties.get(PR.AUTO_RESPONSE_SUPPRESS),
          attachments: attachmentMeanings({ object, data }),
        }),
  };
}

function attachmentMeanings({ object, data }: Opened): string[] {
  return object.children
    .filter(({ type }) => type === OBJECT.ATTACHMENT)
    .map((attachment): unknown => {
      const [inner] = attachment.children;
      if (inner) return meaning({ object: inner, data });
      const name = words(attachment.properties.get(PR.ATTACH_LONG_FILENAME));
      return [name, words(attachment.properties.get(PR.ATTACH_CONTENT_ID)), data(attachment).toString('base64')];
    })
    .map((each) => JSON.stringify(each, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
    .sort();
}

/** A read receipt is written anew from these properties (RFC 8098 §3): its other parts, and that it is automatic, are of its sender. */
const receiptMeaning = (properties: PropertyBag): unknown =>
  [PR.MESSAGE_CLASS, PR.REPORT_DISPOSITION, PR.REPORT_DISPOSITION_MODE, PR.REPORT_TEXT, PR.ORIGINAL_MESSAGE_ID].map(
    (tag) => properties.get(tag),
  );

describe('a message that becomes MAPI and MIME again keeps its meaning', () => {
  it.each(sampleMessages())('$name', async ({ bytes }) => {
    const first = await open(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of composeMessage(first.object, async function* (attachment) {
      yield first.data(attachment);
    }))
      chunks.push(chunk);
    const second = await open(Buffer.concat(chunks));
    expect(meaning(second)).toEqual(meaning(first));
  });
});

describe('a message under a signature or encrypted (S/MIME)', () => {
  const compose = async (bytes: Buffer): Promise<{ first: Opened; text: string }> => {
    const first = await open(bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of composeMessage(first.object, async function* (attachment) {
      yield first.data(attachment);
    }))
      chunks.push(chunk);
    return { first, text: Buffer.concat(chunks).toString('latin1') };
  };

  it('goes on with the very bytes that were signed', async () => {
    const signed =
      '--s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nWhat  I signed: \xc3\xa4 \r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--s--\r\n';
    const { first, text } = await compose(
      Buffer.from(
        `From: a@b.test\r\nSubject: signed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n micalg=sha-256; boundary=s\r\n\r\n${signed}`,
        'latin1',
      ),
    );
    expect(first.object.properties.get(PR.MESSAGE_CLASS)).toBe('IPM.Note.SMIME.MultipartSigned');
    expect(words(first.object.properties.get(PR.BODY))).toBe('What I signed: ä');
    expect(first.object.children.map(({ properties }) => properties.get(PR.ATTACH_LONG_FILENAME))).toEqual([
      'smime.p7m',
    ]);
    expect(text).toMatch(
      /\r\nContent-Type: multipart\/signed; protocol="application\/pkcs7-signature";\s+micalg=sha-256; boundary=s\r\n\r\n/,
    );
    expect(text.endsWith(`\r\n\r\n${signed}`)).toBe(true);
  });

  it('stays one encrypted part', async () => {
    const { first, text } = await compose(
      Buffer.from(
        'From: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIBc2VjcmV0\r\n',
      ),
    );
    expect(first.object.properties.get(PR.MESSAGE_CLASS)).toBe('IPM.Note.SMIME');
    expect(text).toMatch(/\r\nContent-Type: application\/pkcs7-mime;[^\r]*\r\n[\s\S]*base64\r\n\r\nMIIBc2VjcmV0\r\n$/);
  });
});
