import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A statement as programs send it. */
export interface SentStatement {
  /** Its text without values, by which statements are told apart. */
  text: string;
  /** With the values that it first came with. */
  example: string;
}

/** A text, a number or bytes, as the driver writes them. */
export const LITERAL = /X'[0-9a-fA-F]*'|'(?:[^'\\]|\\.|'')*'|(?<![`\w])\d+(?:\.\d+)?\b/g;

/** The first line of an entry in the server's general log; lines up to the next such line belong to the entry. */
const ENTRY = /^(?:\d{6} [\d: ]\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)?\s+\d+ (\w+(?: \w+)?)\t(.*)$/;

/** Lists of values count as one, and so do rows of an INSERT: how many there are is no other statement. */
const textOf = (statement: string): string =>
  statement
    .replace(LITERAL, '?')
    .replace(/\(\?(?:, \?)+\)/g, '(?)')
    .replace(/(?: when \? then \?)+/g, ' when ? then ?')
    .replace(/\(\?\)(?:, \(\?\))+/g, '(?)');

/** A statement whose values are longer is not an example: the same comes with short ones. */
const LONGEST = 200_000;

/** The statements of a general log of MariaDB or MySQL that read or write rows, each once. */
export async function readStatements(file: string, found: Map<string, SentStatement>): Promise<void> {
  let entry: string[] = [];
  const finish = () => {
    for (const statement of entry.join('\n').split(/;\n/)) {
      if (!/^(select|\(select|with|insert|update|delete)\b/i.test(statement) || statement.length > LONGEST) continue;
      const text = textOf(statement);
      if (!found.has(text)) found.set(text, { text, example: statement });
    }
    entry = [];
  };
  for await (const line of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const begins = ENTRY.exec(line);
    if (!begins) {
      if (entry.length > 0) entry.push(line);
      continue;
    }
    finish();
    if (begins[1] === 'Query') entry.push(begins[2] ?? '');
  }
  finish();
}
