import { textOf } from '../../shared/mime/body-text.ts';
import { firstField } from '../../shared/mime/header-fields.ts';
import { htmlToText } from '../../shared/mime/html-text.ts';
import { mimeObject } from '../../shared/mime/message-object.ts';
import { messageProperties } from '../../shared/mime/message-properties.ts';
import type { Part } from '../../shared/mime/part.ts';
import { decodePartIndex, encodePartIndex } from '../../shared/mime/part-index.ts';
import { previewOf } from '../../shared/mime/preview.ts';
import { MimeScanner, scanMessage } from '../../shared/mime/scanner.ts';
import { baseSubject } from '../../shared/protocol/imap/base-subject.ts';
import { encodeBodyStructure } from '../../shared/protocol/imap/body-structure.ts';
import { encodeEnvelope } from '../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../shared/protocol/imap/envelope-reader.ts';
import { sampleMessages } from '../sample-messages.ts';
import { FaultCounter } from './fault-counter.ts';
import { mutator } from './mutate.ts';
import type { SeededRandom } from './seeded-random.ts';

const LARGEST = 32 * 1024;

const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '--',
  '=?utf-8?q?',
  '=?koi8-r?B?////?=',
  '?=',
  'Content-Type: multipart/mixed; boundary="a"\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'boundary=',
  '<',
  '>',
  '@',
  ',',
  ';',
  ':',
  '(',
  ')',
  '"',
  '\\',
  "filename*0*=utf-8''%E2%82",
  'charset=nonsense',
  '\0',
  '\xff\xfe',
  '('.repeat(300),
  ','.repeat(500),
  'a@b,'.repeat(300),
  '--a\r\n'.repeat(100),
];

/** A message as everything that reads one does: scanned, listed, indexed, decoded and made into properties. */
async function readMessage(bytes: Buffer, cut: number): Promise<void> {
  const scanner = new MimeScanner();
  scanner.write(bytes.subarray(0, cut));
  scanner.write(bytes.subarray(cut));
  const root = scanner.end();
  const whole = scanMessage(bytes);
  // Where the bytes are cut makes no difference.
  if (encodePartIndex(root) !== encodePartIndex(whole)) throw new Error('chunks make a difference');
  readEnvelope(Buffer.from(encodeEnvelope(root.fields), 'latin1'));
  encodeBodyStructure(root, true);
  baseSubject(firstField(root.fields, 'subject'));
  texts(bytes, root);
  previewOf(bytes);
  const { bag } = messageProperties(root, 0);
  const { object } = await mimeObject(
    decodePartIndex(encodePartIndex(root)),
    async ({ start, end }) => bytes.subarray(start, end),
    bag,
  );
  if (object.properties.size === 0) throw new Error('a message without properties');
}

function texts(bytes: Buffer, part: Part): void {
  if (part.children.length === 0) htmlToText(textOf(bytes, part));
  for (const child of part.children) texts(bytes, child);
}

/** Pieces that a parser might read repeatedly, in each of the fields that it reads, and in bodies. */
const RUNS = [
  ...'()"\\,<>[];.\'+%:@/&=- \t',
  '=?',
  '=?a?q?',
  '=?utf-8?q?=41?= ',
  '?=',
  'a@b,',
  '[a]',
  're:',
  're:[',
  'a=b;',
  'filename*0*=',
  ' . ',
  '(a',
  'a/b;',
  '<!--',
  '<style',
  '= ',
];

const FIELDS = [
  'Subject: ',
  'From: ',
  'To: ',
  'Date: ',
  'References: ',
  'Content-Type: ',
  'Content-Type: text/plain; charset=',
  'Content-Type: multipart/mixed; boundary=',
  'Content-Transfer-Encoding: ',
  'Content-Disposition: attachment; filename=',
  'Content-Language: ',
  'Auto-Submitted: ',
  'Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
];

const RUN_LENGTH = 8_000;

/** Long runs of one thing: work that grows with the square of the input shows here as a hang. */
async function tryRuns(watch: FaultCounter): Promise<void> {
  for (const field of FIELDS)
    for (const piece of RUNS) {
      const input = Buffer.from(`${field}${piece.repeat(RUN_LENGTH / piece.length)}x\r\n\r\nbody`, 'latin1');
      await watch.try(
        input,
        () => readMessage(input, input.length),
        () => false,
      );
    }
}

/** Whether all went well. */
export async function fuzzMime(quick: boolean, random: SeededRandom): Promise<boolean> {
  const watch = new FaultCounter('mime');
  const samples = sampleMessages()
    .map(({ bytes }) => bytes)
    .filter((bytes) => bytes.length <= LARGEST);
  await tryRuns(watch);
  const change = mutator(random, PIECES, samples);
  for (let i = 0; i < (quick ? 20_000 : 200_000); i++) {
    const input = change(random.pick(samples));
    await watch.try(
      input,
      () => readMessage(input, random.random(input.length + 1)),
      () => false,
    );
  }
  return watch.end();
}
