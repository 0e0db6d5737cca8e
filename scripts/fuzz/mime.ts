import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { textOf } from '../../shared/mime/body-text.ts';
import { mimeObject } from '../../shared/mime/message-object.ts';
import { messageProperties } from '../../shared/mime/message-properties.ts';
import type { Part } from '../../shared/mime/part.ts';
import { decodePartIndex, encodePartIndex } from '../../shared/mime/part-index.ts';
import { previewOf } from '../../shared/mime/preview.ts';
import { MimeScanner, scanMessage } from '../../shared/mime/scanner.ts';
import { encodeBodyStructure } from '../../shared/protocol/imap/body-structure.ts';
import { encodeEnvelope } from '../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../shared/protocol/imap/envelope-reader.ts';
import type { Chance } from './chance.ts';
import { mutator } from './mutate.ts';
import { Watch } from './watch.ts';

const CORPUS = 'test/fixtures/corpus';
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
  if (part.children.length === 0) textOf(bytes, part);
  for (const child of part.children) texts(bytes, child);
}

/** Whether all went well. */
export async function fuzzMime(quick: boolean, chance: Chance): Promise<boolean> {
  const watch = new Watch('mime');
  const samples = readdirSync(CORPUS)
    .filter((name) => name.endsWith('.eml'))
    .map((name) => readFileSync(path.join(CORPUS, name)))
    .filter((bytes) => bytes.length <= LARGEST);
  const change = mutator(chance, PIECES, samples);
  for (let i = 0; i < (quick ? 20_000 : 200_000); i++) {
    const input = change(chance.pick(samples));
    await watch.try(
      input,
      () => readMessage(input, chance.random(input.length + 1)),
      () => false,
    );
  }
  return watch.end();
}
