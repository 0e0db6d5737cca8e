import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PropertyValue } from '../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../shared/mapi/property-document.ts';
import { PR, type PropertyTag } from '../../shared/mapi/property-tags.ts';
import { decompressRtf, packRtf } from '../../shared/mime/compressed-rtf.ts';
import { htmlToText } from '../../shared/mime/html-text.ts';
import { htmlToRtf, readRtf } from '../../shared/mime/rtf.ts';
import { TnefError } from '../../shared/mime/tnef.ts';
import { readTnef } from '../../shared/mime/tnef-reader.ts';
import { writeTnef } from '../../shared/mime/tnef-writer.ts';
import { FaultCounter } from './fault-counter.ts';
import { mutator } from './mutate.ts';
import type { SeededRandom } from './seeded-random.ts';

const FIXTURES = 'test/fixtures/rtf';

const PIECES = [
  '\x78\x9f\x3e\x22\x00\x00',
  '\x02\x05\x90\x06\x00',
  '\x01\x03\x90\x06\x00',
  '\xff\xff\xff\xff',
  '\0\0\0\0',
  '\x01\x00\x00\x00',
  '{\\rtf1\\fromhtml1 ',
  '{\\*\\htmltag64 ',
  '{'.repeat(500),
  '}'.repeat(500),
  "\\'e4",
  '\\u8364?',
  '\\uc16 ',
  '\\htmlrtf ',
  '\\bin99999 ',
  'LZFu',
];

const object = (type: number, properties: [PropertyTag, PropertyValue][], children: MapiObject[] = []): MapiObject => ({
  type,
  id: 0,
  properties: new Map(properties),
  children,
});

const inner = object(OBJECT.MESSAGE, [
  [PR.SUBJECT, 'within'],
  [0x10090102, packRtf(htmlToRtf('<p>Text <b>of</b> it</p>'))],
]);

const whole = object(
  OBJECT.MESSAGE,
  [
    [PR.MESSAGE_CLASS, 'IPM.Note'],
    [PR.SUBJECT, 'a subject'],
    [PR.IMPORTANCE, 1],
    [PR.CLIENT_SUBMIT_TIME, 133_000_000_000_000_000n],
    [0x3a4c101f, ['one', 'two']],
    [0x10031003, [1, 2, 3]],
    [0x10090102, packRtf(htmlToRtf('<html><body>Hello</body></html>'))],
  ],
  [
    object(OBJECT.MAIL_USER, [[0x3001001f, 'Somebody']]),
    object(OBJECT.ATTACHMENT, [
      [0x3707001f, 'name.txt'],
      [0x37010102, Buffer.from('data of it')],
    ]),
    object(OBJECT.ATTACHMENT, [[0x37050003, 5]], [inner]),
  ],
);

/** Everything that is done with a stream: read, its rich text unpacked and read, written again and read back. */
function readAll(input: Buffer): void {
  const { object: message } = readTnef(input);
  const again = readTnef(writeTnef(message)).object;
  if (again.children.length > message.children.length) throw new Error('more was read than was written');
  readBodies(message);
}

function readBodies(message: MapiObject): void {
  const compressed = message.properties.get(0x10090102);
  if (Buffer.isBuffer(compressed)) readRich(compressed);
  for (const child of message.children) readBodies(child);
}

function readRich(compressed: Buffer): void {
  const rtf = decompressRtf(compressed);
  if (rtf !== undefined) htmlToText(readRtf(rtf).text);
}

/** Whether all went well. */
export async function fuzzTnef(quick: boolean, random: SeededRandom): Promise<boolean> {
  const watch = new FaultCounter('tnef');
  const streams = [writeTnef(whole), writeTnef(inner)];
  const rich = [
    packRtf(htmlToRtf('<p>Gr\u00fc\u00dfe <i>{an}</i> alle</p>')),
    ...readdirSync(FIXTURES).map((name) => readFileSync(path.join(FIXTURES, name))),
  ];
  const change = mutator(random, PIECES, [...streams, ...rich]);
  for (let i = 0; i < (quick ? 20_000 : 100_000); i++) {
    const isRich = random.percent(30);
    const input = change(random.pick(isRich ? rich : streams));
    await watch.try(
      input,
      () => (isRich ? readRich(input) : readAll(input)),
      (error) => error instanceof TnefError,
    );
  }
  return watch.end();
}
