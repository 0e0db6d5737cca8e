import type { PropertyValue } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import type { Call } from './call.ts';

// Inputs that several modules read, made of a run of characters.

export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

export async function* chunksOf(text: string): AsyncIterable<Buffer> {
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}

export async function drained(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

export const scanned = (text: string) => scanMessage(bytesOf(text));
export const readOf = (text: string) => {
  const bytes = bytesOf(text);
  return async ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
};

/** A message with a run in a field, in its Content-Type, in its body and in a part. */
const MESSAGES: readonly ((text: string) => string)[] = [
  (text) => `${text}\r\n\r\n`,
  (text) => `From: ${text}\r\nTo: ${text}\r\nReply-To: ${text}\r\n\r\n`,
  (text) => `Subject: ${text}\r\nReferences: ${text}\r\nDate: ${text}\r\nThread-Index: ${text}\r\n\r\n`,
  (text) =>
    `Content-Type: text/plain; ${text}\r\nContent-Disposition: ${text}\r\nContent-Transfer-Encoding: ${text}\r\n\r\n`,
  (text) => `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${text}`,
  (text) => `Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\n${text}`,
  (text) => `Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n${text}\r\n\r\n--a\r\n\r\n${text}\r\n--a--\r\n`,
  (text) =>
    `Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n${text}\r\n--a--\r\n`,
];

export const withMessages = (work: (text: string) => unknown): Call[] =>
  MESSAGES.map((message) => (text) => work(message(text)));

/** A message whose properties have a run in them. */
export const mapiMessage = (text: string): MapiObject => ({
  type: OBJECT.MESSAGE,
  id: 1,
  properties: new Map<PropertyTag, PropertyValue>([
    ...[
      PR.SUBJECT,
      PR.SENT_REPRESENTING_NAME,
      PR.INTERNET_MESSAGE_ID,
      PR.IN_REPLY_TO_ID,
      PR.INTERNET_REFERENCES,
      PR.LIST_HELP,
      PR.BODY,
    ].map((tag): [PropertyTag, PropertyValue] => [tag, text]),
    [PR.SENT_REPRESENTING_EMAIL_ADDRESS, `a@${text}`],
    [PR.HTML, bytesOf(text)],
  ]),
  children: [
    {
      type: OBJECT.MAIL_USER,
      id: 2,
      properties: new Map<PropertyTag, PropertyValue>([
        [PR.DISPLAY_NAME, text],
        [PR.EMAIL_ADDRESS, `a@${text}`],
      ]),
      children: [],
    },
    {
      type: OBJECT.ATTACHMENT,
      id: 3,
      properties: new Map<PropertyTag, PropertyValue>([
        [PR.ATTACH_LONG_FILENAME, text],
        [PR.ATTACH_MIME_TAG, text],
        [PR.ATTACH_CONTENT_ID, text],
      ]),
      children: [],
    },
  ],
});

export const receipt = (text: string): MapiObject => {
  const message = mapiMessage(text);
  message.properties.set(PR.MESSAGE_CLASS, 'REPORT.IPM.Note.IPNRN');
  return message;
};
