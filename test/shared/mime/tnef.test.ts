import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFileTime } from '../../../shared/mapi/filetime.ts';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { decompressRtf, packRtf } from '../../../shared/mime/compressed-rtf.ts';
import { mimeObject } from '../../../shared/mime/message-object.ts';
import { messageProperties } from '../../../shared/mime/message-properties.ts';
import { decodePartIndex, encodePartIndex } from '../../../shared/mime/part-index.ts';
import { htmlToRtf, readRtf, textToRtf } from '../../../shared/mime/rtf.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import { TnefError } from '../../../shared/mime/tnef.ts';
import { readTnef } from '../../../shared/mime/tnef-reader.ts';
import { writeTnef } from '../../../shared/mime/tnef-writer.ts';

const object = (type: number, properties: PropertyBag, children: MapiObject[] = []): MapiObject => ({
  type,
  id: 0,
  properties,
  children,
});

const meeting = object(
  OBJECT.MESSAGE,
  new Map<number, string | number | boolean | bigint | Buffer | string[]>([
    [PR.MESSAGE_CLASS, 'IPM.Schedule.Meeting.Request'],
    [PR.SUBJECT, 'Besprechung – Büro'],
    [PR.IMPORTANCE, 2],
    [PR.CLIENT_SUBMIT_TIME, toFileTime(Date.UTC(2026, 10, 21))],
    [PR.READ_RECEIPT_REQUESTED, true],
    [0x3a4c101f, ['one', 'two']],
    [PR.RTF_COMPRESSED, packRtf(htmlToRtf('<p>Hällo <b>there</b></p>'))],
  ]),
  [
    object(OBJECT.MAIL_USER, new Map([[0x3001001f, 'Anna']])),
    object(
      OBJECT.ATTACHMENT,
      new Map<number, string | Buffer>([
        [PR.ATTACH_LONG_FILENAME, 'grüße.txt'],
        [PR.ATTACH_DATA_BIN, Buffer.from('the data')],
      ]),
    ),
    object(OBJECT.ATTACHMENT, new Map([[PR.ATTACH_LONG_FILENAME, 'inner']]), [
      object(OBJECT.MESSAGE, new Map([[PR.SUBJECT, 'within']])),
    ]),
  ],
);

describe('TNEF (MS-OXTNEF)', () => {
  it('gives back the message that was written: properties, recipients, attachments and messages in messages', () => {
    const { object: read } = readTnef(writeTnef(meeting));
    for (const [tag, value] of meeting.properties) expect(read.properties.get(tag)).toEqual(value);
    expect(read.children.map(({ type }) => type)).toEqual([OBJECT.MAIL_USER, OBJECT.ATTACHMENT, OBJECT.ATTACHMENT]);
    expect(read.children[0]?.properties.get(0x3001001f)).toBe('Anna');
    expect(read.children[1]?.properties.get(PR.ATTACH_LONG_FILENAME)).toBe('grüße.txt');
    expect(read.children[1]?.properties.get(PR.ATTACH_DATA_BIN)).toEqual(Buffer.from('the data'));
    expect(read.children[2]?.children[0]?.properties.get(PR.SUBJECT)).toBe('within');
  });

  it('has properties with names under their names', () => {
    const guid = Buffer.from('0220060000000000c000000000000046', 'hex');
    const named = object(
      OBJECT.MESSAGE,
      new Map<number, string | number>([
        [PR.SUBJECT, 'named'],
        [0x8501001f, 'Raum 1'],
        [0x85020003, 3],
        [0x85030003, 4],
      ]),
    );
    const names = new Map<number, number | string>([
      [0x8501, 0x8208],
      [0x8502, 'Größe'],
    ]);
    const nameOf = (id: number) => {
      const name = names.get(id);
      return name === undefined ? undefined : { guid, name };
    };
    const read = readTnef(writeTnef(named, nameOf));
    expect(read.object.properties.get(PR.SUBJECT)).toBe('named');
    expect(read.named).toEqual([
      { guid, name: 0x8208, type: 0x1f, value: 'Raum 1' },
      { guid, name: 'Größe', type: 3, value: 3 },
    ]);
  });

  it('reads the attributes before a truncation, and refuses bytes that are no TNEF', () => {
    const whole = writeTnef(meeting);
    expect(() => readTnef(Buffer.from('no tnef at all'))).toThrow(TnefError);
    const { object: read } = readTnef(whole.subarray(0, whole.length - 30));
    expect(read.properties.get(PR.SUBJECT)).toBe('Besprechung – Büro');
    for (let length = 0; length < whole.length; length += 7)
      try {
        readTnef(whole.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(TnefError);
      }
  });

  it('within a message is the message: class, body and attachments', async () => {
    const bytes = Buffer.from(
      `From: a@b.test\r\nTo: c@d.test\r\nSubject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n${writeTnef(meeting).toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n--b--\r\n`,
    );
    const root = scanMessage(bytes);
    const read = async ({ start, end }: { start: number; end: number }) => bytes.subarray(start, end);
    const { object: made } = await mimeObject(
      decodePartIndex(encodePartIndex(root)),
      read,
      messageProperties(root, 0).bag,
    );
    expect(made.properties.get(PR.MESSAGE_CLASS)).toBe('IPM.Schedule.Meeting.Request');
    expect(made.properties.get(PR.SUBJECT)).toBe('outer');
    expect(String(made.properties.get(PR.HTML))).toBe('<p>Hällo <b>there</b></p>');
    const attachments = made.children.filter(({ type }) => type === OBJECT.ATTACHMENT);
    expect(attachments.map(({ properties }) => properties.get(PR.ATTACH_LONG_FILENAME))).toEqual([
      'grüße.txt',
      'inner',
    ]);
    const ids = attachments.flatMap(({ id, children }) => [id, ...children.map((child) => child.id)]);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('rich text', () => {
  it('carries HTML and text without loss (MS-OXRTFEX)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (text) => {
        const line = text.replace(/\r\n|\r|\n/g, '\r\n').replace(/\0/g, '');
        expect(readRtf(textToRtf(line))).toEqual({ kind: 'text', text: line });
        const html = `<p class="x">${line.replace(/[<>]/g, '')}</p>`;
        expect(readRtf(htmlToRtf(html))).toEqual({ kind: 'html', text: html });
      }),
    );
  });

  it('of other programs becomes HTML: fonts with their charsets, formatting, characters that were left out', () => {
    const rtf = String.raw`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fswiss\fcharset204 Arial;}}{\colortbl;\red0\green0\blue0;}{\*\generator Riched20;}\pard\b Bold\b0  \'e4 {\f1\'cf\'f0\'e8}\u8364?\par next \{line\}}`;
    expect(readRtf(rtf)).toEqual({
      kind: 'html',
      text: '<html><body><p><b>Bold</b> ä При€</p>\r\n<p>next {line}</p></body></html>',
    });
  });

  it('is decompressed (MS-OXRTFCP, examples of section 4)', () => {
    // "{\rtf1\ansi\ansicpg1252\pard hello world}\r\n", in 45 bytes.
    const example = Buffer.from(
      '2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0',
      'hex',
    );
    expect(decompressRtf(example)).toBe('{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n');
    expect(decompressRtf(example.subarray(0, 10))).toBeUndefined();
    const crossing = Buffer.from('1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0', 'hex');
    expect(decompressRtf(crossing)).toBe('{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}');
    expect(decompressRtf(packRtf('{\\rtf1 x}'))).toBe('{\\rtf1 x}');
    expect(decompressRtf(Buffer.alloc(100))).toBeUndefined();
  });
});
