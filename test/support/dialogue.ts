import { readFileSync } from 'node:fs';
import { LineClient } from '../../scripts/clients/line-client.ts';

/**
 * Plays a dialogue file: `C:` lines are sent (with `\r`, `\n` and `\x41` understood, and CRLF unless the line ends with `\c`),
 * `S:` lines are expected, `...` standing for any text; `S*` skips lines until one fits. `#` begins a comment.
 */
export async function playDialogue(file: string, port: number, options: { tls?: boolean } = {}): Promise<void> {
  const client = await LineClient.open(port, options);
  const lines = readFileSync(file, 'utf8').split('\n');
  try {
    for (const [number, line] of lines.entries()) {
      const where = `${file}:${number + 1}`;
      if (line.startsWith('C: ')) client.write(bytesOf(line.slice(3)));
      else if (line.startsWith('S: ')) {
        const got = await within(client.line(), where);
        if (!pattern(line.slice(3)).test(got))
          throw new Error(`${where}\n  expected ${line.slice(3)}\n  got      ${got}`);
      } else if (line.startsWith('S* ')) {
        while (!pattern(line.slice(3)).test(await within(client.line(), where)));
      } else if (line !== '' && !line.startsWith('#')) throw new Error(`${where}: neither C: nor S: nor a comment`);
    }
  } finally {
    client.close();
  }
}

function bytesOf(text: string): Buffer {
  const open = text.endsWith('\\c');
  const plain = (open ? text.slice(0, -2) : `${text}\\r\\n`)
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\{repeat (\d+) (.)\}/g, (_, count: string, char: string) => char.repeat(Number(count)));
  return Buffer.from(plain, 'utf8');
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('...')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
    's',
  );

function within<T>(work: Promise<T>, where: string): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`${where}: nothing came within 10 s`)), 10_000).unref(),
    ),
  ]);
}
