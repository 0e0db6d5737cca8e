import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownMessages } from '../../../scripts/sample-messages.ts';
import { fromFileTime } from '../../../shared/mapi/filetime.ts';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import { decodeTransferEncoding } from '../../../shared/mime/body-text.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { mimeObject } from '../../../shared/mime/message-object.ts';
import { messageProperties } from '../../../shared/mime/message-properties.ts';
import type { Part } from '../../../shared/mime/part.ts';
import { decodePartIndex, encodePartIndex } from '../../../shared/mime/part-index.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import { encodeEnvelope } from '../../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../../shared/protocol/imap/envelope-reader.ts';

interface ExpectedAttachment {
  name: string | null;
  type: string;
  /** Bytes after the transfer encoding is undone. */
  size?: number;
  contentId?: string;
  /** The subject of an attached message, and its own attachments. */
  subject?: string;
  attachments?: ExpectedAttachment[];
}

/** The values that a message has by the RFCs; properties that are left out must be absent. */
interface Expected {
  about: string;
  subject: string;
  /** `Name <address>` or an address. */
  from: string;
  to: string[];
  cc?: string[];
  bcc?: string[];
  /** ISO 8601, null where the message has no date. */
  sent: string | null;
  /** Types of the parts: `multipart/mixed(text/plain image/png)`. */
  parts: string;
  /** The whole text, without line ends at its end; its beginning where it ends with an ellipsis. */
  text?: string;
  html?: string;
  attachments?: ExpectedAttachment[];
  class?: string;
  /** More properties, by their names without `PR_`; times in ISO 8601, binary values in hexadecimal. */
  properties?: Partial<Record<keyof typeof PR, string | number | boolean>>;
}

const DIRECTORY = path.join(import.meta.dirname, '../../fixtures/messages');

const expectations = new Map(
  globSync(path.join(DIRECTORY, '*.json')).flatMap((file) =>
    Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Expected>),
  ),
);

const messages = ownMessages().map(({ name, bytes }) => ({ name: name.replace(/\.eml$/, ''), bytes }));

const lines = (value: string): string => value.replaceAll('\r\n', '\n').replace(/\n+$/, '');

/** A text as it is expected: all of it, or as much of its beginning. */
function shown(value: unknown, expected: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = lines(Buffer.isBuffer(value) ? value.toString('utf8') : String(value));
  return expected?.endsWith('…') ? `${text.slice(0, expected.length - 1)}…` : text;
}

function person(name: unknown, address: unknown): string {
  return name === address ? String(address) : `${name} <${address}>`;
}

const recipients = ({ children }: MapiObject, type: number): string[] =>
  children
    .filter((child) => child.type === OBJECT.MAIL_USER && child.properties.get(PR.RECIPIENT_TYPE) === type)
    .map(({ properties }) => person(properties.get(PR.DISPLAY_NAME), properties.get(PR.EMAIL_ADDRESS)));

function plainValue(properties: PropertyBag, tag: PropertyTag): string | number | boolean | undefined {
  const value = properties.get(tag);
  if (typeof value === 'bigint') return new Date(fromFileTime(value)).toISOString();
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

const partTypes = ({ contentType, children }: Part): string =>
  contentType.value + (children.length > 0 ? `(${children.map(partTypes).join(' ')})` : '');

/** Attachments in the form of the expected ones; sizes only where one is expected. */
function attachmentsOf(
  message: MapiObject,
  sizeOf: (attachment: MapiObject) => number,
  expected: readonly ExpectedAttachment[],
): ExpectedAttachment[] {
  return message.children
    .filter(({ type }) => type === OBJECT.ATTACHMENT)
    .map((attachment, i): ExpectedAttachment => {
      const { properties, children } = attachment;
      const wanted = expected[i];
      const [inner] = children;
      const contentId = properties.get(PR.ATTACH_CONTENT_ID);
      const innerAttachments = inner ? attachmentsOf(inner, sizeOf, wanted?.attachments ?? []) : [];
      return {
        name: (properties.get(PR.ATTACH_LONG_FILENAME) as string | undefined) ?? null,
        type: String(properties.get(PR.ATTACH_MIME_TAG)),
        ...(wanted?.size === undefined ? {} : { size: sizeOf(attachment) }),
        ...(contentId === undefined ? {} : { contentId: String(contentId) }),
        ...(inner ? { subject: String(inner.properties.get(PR.SUBJECT)) } : {}),
        ...(innerAttachments.length > 0 ? { attachments: innerAttachments } : {}),
      };
    });
}

/** The values that the parser reads, in the form of the expected ones. */
async function read(bytes: Buffer, expected: Expected): Promise<Expected> {
  const root = scanMessage(bytes);
  const { object, parts } = await mimeObject(
    decodePartIndex(encodePartIndex(root)),
    async ({ start, end }) => bytes.subarray(start, end),
    messageProperties(root, 0).bag,
  );
  const sizeOf = ({ id, properties }: MapiObject): number => {
    const part = parts.get(id);
    const data = properties.get(PR.ATTACH_DATA_BIN);
    if (part) return decodeTransferEncoding(bytes.subarray(part.bodyStart, part.bodyEnd), part.encoding).length;
    return Buffer.isBuffer(data) ? data.length : -1;
  };
  const { properties } = object;
  const text = shown(properties.get(PR.BODY), expected.text);
  const html = shown(properties.get(PR.HTML), expected.html);
  const [cc, bcc] = [recipients(object, 2), recipients(object, 3)];
  const attachments = attachmentsOf(object, sizeOf, expected.attachments ?? []);
  const messageClass = String(properties.get(PR.MESSAGE_CLASS));
  const names = Object.keys(expected.properties ?? {}) as (keyof typeof PR)[];
  return {
    about: expected.about,
    subject: String(properties.get(PR.SUBJECT)),
    from: person(properties.get(PR.SENT_REPRESENTING_NAME), properties.get(PR.SENT_REPRESENTING_EMAIL_ADDRESS)),
    to: recipients(object, 1),
    ...(cc.length > 0 ? { cc } : {}),
    ...(bcc.length > 0 ? { bcc } : {}),
    sent: String(plainValue(properties, PR.CLIENT_SUBMIT_TIME) ?? '') || null,
    parts: partTypes(root),
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(messageClass === 'IPM.Note' ? {} : { class: messageClass }),
    ...(names.length > 0
      ? { properties: Object.fromEntries(names.map((name) => [name, plainValue(properties, PR[name])])) }
      : {}),
  };
}

describe('the sample messages parse as the RFCs say', () => {
  it('each message has its expectations, and each expectation its message', () => {
    expect([...expectations.keys()].sort()).toEqual(messages.map(({ name }) => name).sort());
  });

  it.each(messages)('$name', async ({ name, bytes }) => {
    const expected = expectations.get(name);
    if (!expected) throw new Error(`nothing is expected of ${name}`);
    expect(await read(bytes, expected)).toEqual(expected);
  });
});

describe('the ENVELOPE of a message of ours has the subject and the addresses that MAPI has', () => {
  it.each(messages)('$name', ({ name, bytes }) => {
    const expected = expectations.get(name);
    const envelope = readEnvelope(Buffer.from(encodeEnvelope(scanMessage(bytes).fields), 'latin1'));
    // RFC 3501 §9: no string has a NUL in it; 0x80 stands for it, which is read as the euro sign.
    expect(decodeHeaderText(envelope.subject ?? '')).toBe(expected?.subject.replaceAll('\0', '€'));
    // Groups begin and end with entries that have no host (RFC 3501 §7.4.2).
    expect(envelope.to.filter(({ host }) => host !== undefined).length).toBe(
      expected?.to.filter((each) => each !== '').length,
    );
  });
});
