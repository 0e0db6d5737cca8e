import type { Call } from './linear-calls/call.ts';
import { threadTime } from './thread-time.ts';

/** Units that runs repeat: each class of characters that a grammar knows, and pairs that open a construct and do not close it. */
export const RUNS: readonly string[] = [
  ...['a', 'Z', '0', ' ', '\t', '\0', '"', '\\', '(', ')', '[', ']', '<', '>', '{', '}', '=', ';', ',', '.', '@', ':'],
  ...['*', '%', '&', '?', '+', '-', '_', '/', '$', "'", '\r', '\n', '\r\n', '\x80', '\xc3', '\xff', '\ufffd'],
  ...[
    'a,',
    'a ',
    'a.',
    ' .',
    '. ',
    'a@a,',
    '@a',
    '<a',
    '<a>',
    '()',
    '((',
    '("',
    '\\"',
    '"a"',
    '"a" ',
    ' "',
    '\0x',
    'x\0',
  ],
  ...[
    '=?',
    '?=',
    '=?a?q?',
    '=?utf-8?q?a?= ',
    '=?utf-8?b?YQ==?=',
    '?= ',
    '&a',
    '&#',
    '&#1;',
    '<!--',
    '-->',
    '</',
    '<a b="',
    '<p>',
    '<style>',
  ],
  ...[
    'a\r\n',
    'a: b\r\n',
    'a:\r\n b\r\n',
    ' \r\n',
    '\r\n ',
    '--a\r\n',
    '--a--\r\n',
    '--',
    '=\r\n',
    '=41',
    '=4',
    ' =\r\n',
  ],
  ...[
    '{\\',
    '\\par',
    "\\'41",
    '\\u1 ',
    '{\\*',
    '%41',
    '%',
    '0,',
    '1:2,',
    '1 ',
    ' (',
    '(a ',
    '"a',
    're:',
    're: ',
    '[a]',
    '[a] ',
    '(fwd)',
  ],
  ...['a=b;', 'a="', 'a=', '*=', 'a*0=', '+A', '&-', '&AA-', 'user=', 'n,', ',a=', '\x01', '>> ', '- '],
];

const repeated = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** A run and one other character, so that a search for the end of the run fails. */
export const runOf = (unit: string, length: number): string => `${repeated(unit, length)}x`;

/** Exponent between linear (1) and quadratic (2) growth, nearer to the latter: allocation costs a large input more. */
const BETWEEN = 1.75;

/** Resolution of the kernel's clock. */
const TICK_MS = 4;

/** Milliseconds that a call takes; an exception is a result like others. */
async function timeOf(call: Call, text: string): Promise<number> {
  const began = threadTime();
  try {
    await call(text);
  } catch {
    // A refusal of the input is as good as any result: only the time counts.
  }
  return threadTime() - began;
}

async function best(call: Call, text: string, tries: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i++) least = Math.min(least, await timeOf(call, text));
  return least;
}

export interface Growth {
  small: number;
  large: number;
}

/** Characters, how many times as many are tried besides, and the milliseconds below which nothing quadratic can be in those. */
export interface Sizes {
  size: number;
  factor: number;
  tiny: number;
}

/**
 * The times of a call that grow faster than its input; undefined where they do not. A quadratic one grows by the square of the factor, a linear
 * one by the factor; the bound is between them.
 */
export async function superlinear(
  call: Call,
  unit: string,
  { size, factor, tiny }: Sizes,
): Promise<Growth | undefined> {
  const text = runOf(unit, size * factor);
  if ((await timeOf(call, text)) < tiny) return undefined;
  const large = await best(call, text, 3);
  if (large < tiny) return undefined;
  const small = await best(call, runOf(unit, size), 5);
  return large > Math.max(small, TICK_MS) * factor ** BETWEEN ? { small, large } : undefined;
}
