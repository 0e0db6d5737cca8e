import { readFileSync } from 'node:fs';
import { LineClient } from '../../scripts/clients/line-client.ts';

export interface DialogueOptions {
  tls?: boolean;
  /** What is known before the dialogue begins, by name. */
  values?: Readonly<Record<string, string>>;
  /** Commands that each connection sends before those of the file; the answers to them, up to the tagged one, are skipped. */
  opening?: string;
}

/**
 * Plays a dialogue file: `C:` lines are sent (with `\r`, `\n` and `\x41` understood, and CRLF unless the line ends with `\c`),
 * `S:` lines are expected, `...` standing for any text; `S*` skips lines until one fits. `C2:`, `S2:` and `S2*` are another connection's.
 * `<<text>>` is sent as a literal that does not wait. `%name%` stands for the text found in its place before, and for any word
 * where it is expected first. `#` begins a comment.
 */
export async function playDialogue(file: string, port: number, options: DialogueOptions = {}): Promise<void> {
  const values = new Map(Object.entries(options.values ?? {}));
  const clients = new Map<string, LineClient>();
  const clientOf = async (which: string): Promise<LineClient> => {
    const known = clients.get(which);
    if (known) return known;
    const client = await LineClient.open(port, options);
    clients.set(which, client);
    if (options.opening !== undefined) {
      client.write(bytesOf(options.opening, values));
      const [tag] = options.opening.split(' ', 1);
      while (!(await client.line()).startsWith(`${tag} OK`));
    }
    return client;
  };
  try {
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      const where = `${file}:${index + 1}`;
      const [, who, which = '', skips, text = ''] = /^([CS])(\d?)([:*]) ?(.*)$/.exec(line) ?? [];
      if (who === 'C') (await clientOf(which)).write(bytesOf(text, values));
      else if (who === 'S') {
        const client = await clientOf(which);
        for (;;) {
          const got = await within(client.line(), where, text);
          const found = pattern(text, values).exec(got);
          for (const [name, value] of Object.entries(found?.groups ?? {})) values.set(name, value);
          if (found) break;
          if (skips === ':') throw new Error(`${where}\n  expected ${text}\n  got      ${got}`);
        }
      } else if (line !== '' && !line.startsWith('#')) throw new Error(`${where}: neither C: nor S: nor a comment`);
    }
  } finally {
    for (const client of clients.values()) client.close();
  }
}

function bytesOf(text: string, values: ReadonlyMap<string, string>): Buffer {
  const open = text.endsWith('\\c');
  const unescaped = (open ? text.slice(0, -2) : `${text}\\r\\n`)
    .replace(/%(\w+)%/g, (whole, name: string) => values.get(name) ?? whole)
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\{repeat (\d+) (.)\}/g, (_, count: string, char: string) => char.repeat(Number(count)))
    .replace(/<<(.*?)>>/gs, (_, literal: string) => `{${Buffer.byteLength(literal)}+}\r\n${literal}`);
  return Buffer.from(unescaped, 'utf8');
}

function pattern(text: string, values: ReadonlyMap<string, string>): RegExp {
  // Lines are compared as bytes.
  const source = Buffer.from(text)
    .toString('latin1')
    .split(/(\.\.\.|%\w+%)/)
    .map((piece) => {
      if (piece === '...') return '.*';
      const name = /^%(\w+)%$/.exec(piece)?.[1];
      const known = name === undefined ? piece : values.get(name);
      return known === undefined ? `(?<${name}>[^\\s()\\[\\]]+)` : known.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`, 's');
}

function within<T>(work: Promise<T>, where: string, expected: string): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`${where}: nothing came within 10 s, expected ${expected}`)), 10_000).unref(),
    ),
  ]);
}
