import { parseArgs } from 'node:util';
import { filterHeader } from '../shared/mime/header-filter.ts';
import type { Part } from '../shared/mime/part.ts';
import { scanMessage } from '../shared/mime/scanner.ts';
import { sectionRange } from '../shared/mime/section.ts';
import { bytesWithoutNul } from '../shared/protocol/imap/strings.ts';
import { ImapClient } from './clients/imap-client.ts';
import { LmtpClient } from './clients/lmtp-client.ts';
import { startTemporaryStack } from './local/temporary.ts';
import { messagesIn, sampleMessages } from './sample-messages.ts';

// Delivers every sample message, or every message of a directory, over LMTP, reads it back over IMAP, whole and part by part, and compares the bytes.

const { positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' } } });
const [directory] = positionals;
const messages = directory ? messagesIn(directory) : sampleMessages();

const stack = await startTemporaryStack({ durable: false, options: { attachment_inline_max: '2K' } });
const wrong: string[] = [];
try {
  await stack.tenant('corpus.test', ['reader']);
  const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const sent: { file: string; bytes: Buffer }[] = [];
  for (const { name: file, bytes: original } of messages) {
    // Line ends are as they came; a mail server sends CRLF.
    const bytes = Buffer.from(original.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
    const [reply = ''] = await lmtp.send(['reader@corpus.test'], bytes);
    if (reply.startsWith('250')) sent.push({ file, bytes });
    else wrong.push(`${file}: ${reply}`);
  }
  const imap = await ImapClient.open(stack.port('gateway', 'imaps'), 'reader@corpus.test', 'pass');
  const bodies = [...(await imap.bodies('INBOX')).values()];
  for (const [i, { file, bytes }] of sent.entries())
    for (const section of await otherSections(imap, i + 1, bytes)) wrong.push(`${file}: other bytes in ${section}`);
  // Everything that a client lists must come for every message too.
  const listed = await imap.command(
    'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[1] BODY.PEEK[HEADER] BODY.PEEK[TEXT])',
  );
  const sizes = listed.map(({ text }) => Number(/RFC822\.SIZE (\d+)/.exec(text)?.[1]));
  sent.forEach(({ file, bytes }, i) => {
    // RFC 3501 §9: no literal has a NUL in it.
    if (!bodies[i]?.equals(bytesWithoutNul(bytes))) wrong.push(`${file}: other bytes`);
    else if (sizes[i] !== bytes.length) wrong.push(`${file}: RFC822.SIZE ${sizes[i]}, not ${bytes.length}`);
  });
  imap.close();
  lmtp.close();
} finally {
  await stack.stop();
}
for (const line of wrong) console.log(line);
console.log(`corpus: ${messages.length - wrong.length} of ${messages.length} byte for byte`);
process.exit(wrong.length > 0 ? 1 : 0);

/** Sections of a message (RFC 3501 §6.4.5), which come otherwise than they stand in its bytes. */
async function otherSections(imap: ImapClient, number: number, bytes: Buffer): Promise<string[]> {
  const root = scanMessage(bytes);
  const expected = new Map<string, Buffer>();
  const expect = (name: string, path: readonly number[], what: 'body' | 'mime' | 'header' | 'text') => {
    const range = sectionRange(root, path, what);
    if (range) expected.set(name, bytes.subarray(range.start, range.end));
  };
  expect('HEADER', [], 'header');
  expect('TEXT', [], 'text');
  for (const path of partPaths(root)) {
    const name = path.join('.');
    expect(name, path, 'body');
    expect(`${name}.MIME`, path, 'mime');
    expect(`${name}.HEADER`, path, 'header');
    expect(`${name}.TEXT`, path, 'text');
  }
  const header = bytes.subarray(root.headerStart, root.bodyStart);
  const fields = ['from', 'subject', 'received', 'references'];
  expected.set('HEADER.FIELDS (FROM SUBJECT RECEIVED REFERENCES)', filterHeader(header, fields, true));
  expected.set('HEADER.FIELDS (FROM SUBJECT)', filterHeader(header, fields.slice(0, 2), true));
  const names = [...expected.keys()];
  // Alone, fields are answered without the message.
  const groups = [names.slice(-1)];
  for (let i = 0; i < names.length; i += 20) groups.push(names.slice(i, i + 20));
  const other: string[] = [];
  for (const asked of groups) {
    const [response] = await imap.command(`FETCH ${number} (${asked.map((name) => `BODY.PEEK[${name}]`).join(' ')})`);
    other.push(
      ...asked.filter((name, k) => !response?.literals[k]?.equals(bytesWithoutNul(expected.get(name) as Buffer))),
    );
  }
  return other;
}

/** The paths of all parts below one; every message has a part 1. */
function partPaths(part: Part, path: readonly number[] = []): number[][] {
  if (part.kind === 'multipart')
    return part.children.flatMap((child, i) => {
      const below = [...path, i + 1];
      return [below, ...inMessage(child, below)];
    });
  return [[...path, 1], ...inMessage(part, [...path, 1])];
}

function inMessage(part: Part, path: readonly number[]): number[][] {
  if (part.kind === 'multipart') return partPaths(part, path);
  const embedded = part.kind === 'message' ? part.children[0] : undefined;
  return embedded ? partPaths(embedded, path) : [];
}
