import { readFileSync, writeFileSync } from 'node:fs';
import type { Node } from 'acorn';
import { check } from 'recheck';
import { type SourceFile, sourceFiles, walk } from '../figures/source-files.ts';

/** Expressions that were proved linear, one a line. It saves proving them again, which takes a minute for all. */
const PROVED = 'test/fixtures/linear-expressions.txt';

/** Sources whose regular expressions see input from outside. */
const SOURCES = '{shared,services,functions}/**/*.ts';

/** A regular expression of the sources, or a call that makes one. */
export interface Expression {
  /** As it stands in the source; `RegExp(...)` for one that is made of text. */
  text: string;
  pattern: string;
  flags: string;
  file: string;
}

export function expressionsOf(source: SourceFile): Expression[] {
  const { file } = source;
  const found: Expression[] = [];
  walk(source.syntax().tree, (node) => {
    const { type, regex, callee } = node as Node & {
      regex?: { pattern: string; flags: string };
      callee?: { name?: string };
    };
    if (type === 'Literal' && regex) found.push({ text: `/${regex.pattern}/${regex.flags}`, ...regex, file });
    if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp')
      found.push({ text: 'RegExp(...)', pattern: '', flags: '', file });
  });
  return found;
}

/** All of the sources, each once for each file. */
export const expressions = (): Expression[] =>
  sourceFiles(SOURCES).flatMap((source) => {
    const all = expressionsOf(source);
    return [...new Map(all.map((expression) => [expression.text, expression])).values()];
  });

export const provedBefore = (): Set<string> => new Set(readFileSync(PROVED, 'utf8').split('\n').filter(Boolean));

/** Whether an expression takes linear time on every input; otherwise the verdict of the prover. */
export async function prove({ pattern, flags }: Pick<Expression, 'pattern' | 'flags'>): Promise<'linear' | string> {
  const result = await check(pattern, flags, { checker: 'automaton', timeout: 20_000 });
  if (result.status === 'safe') return 'linear';
  return result.status === 'vulnerable' ? result.complexity.summary : `unknown (${result.error.kind})`;
}

/** Proves all expressions again and writes the linear ones to the list. */
export async function fuzzExpressions(): Promise<boolean> {
  const all = new Map(expressions().map((expression) => [expression.text, expression]));
  const linear: string[] = [];
  for (const [text, expression] of all) {
    if (text === 'RegExp(...)') continue;
    const verdict = await prove(expression);
    if (verdict === 'linear') linear.push(text);
    else console.log(`${verdict}: ${text} in ${expression.file}`);
  }
  writeFileSync(PROVED, `${linear.sort().join('\n')}\n`);
  console.log(`fuzz expressions: ${all.size} expressions, ${linear.length} proved linear`);
  return true;
}
