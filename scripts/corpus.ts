import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ImapClient } from './clients/imap-client.ts';
import { LmtpClient } from './clients/lmtp-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Delivers every message of a corpus over LMTP, reads it back over IMAP, and compares the bytes.

const { positionals } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' } } });
const directory = positionals[0] ?? 'test/fixtures/corpus';
const files = readdirSync(directory).filter((file) => file.endsWith('.eml'));

const stack = await startTemporaryStack({ durable: false, options: { attachment_inline_max: '2K' } });
const wrong: string[] = [];
try {
  await stack.tenant('corpus.test', ['reader']);
  const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const sent: { file: string; bytes: Buffer }[] = [];
  for (const file of files) {
    // Line ends are as they came; a mail server sends CRLF.
    const bytes = Buffer.from(
      readFileSync(`${directory}/${file}`).toString('latin1').replace(/\r?\n/g, '\r\n'),
      'latin1',
    );
    const [reply = ''] = await lmtp.send(['reader@corpus.test'], bytes);
    if (reply.startsWith('250')) sent.push({ file, bytes });
    else wrong.push(`${file}: ${reply}`);
  }
  const imap = await ImapClient.open(stack.port('gateway', 'imaps'), 'reader@corpus.test', 'pass');
  const bodies = [...(await imap.bodies('INBOX')).values()];
  // Everything that a client lists must come for every message too.
  const listed = await imap.command(
    'FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[1] BODY.PEEK[HEADER] BODY.PEEK[TEXT])',
  );
  const sizes = listed.map(({ text }) => Number(/RFC822\.SIZE (\d+)/.exec(text)?.[1]));
  sent.forEach(({ file, bytes }, i) => {
    if (!bodies[i]?.equals(bytes)) wrong.push(`${file}: other bytes`);
    else if (sizes[i] !== bytes.length) wrong.push(`${file}: RFC822.SIZE ${sizes[i]}, not ${bytes.length}`);
  });
  imap.close();
  lmtp.close();
} finally {
  await stack.stop();
}
for (const line of wrong) console.log(line);
console.log(`corpus: ${files.length - wrong.length} of ${files.length} byte for byte`);
process.exit(wrong.length > 0 ? 1 : 0);
