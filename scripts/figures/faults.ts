import type { AnyNode, Expression, Node, SpreadElement } from 'acorn';
import { type SourceFile, walk } from './source-files.ts';

/** A place that breaks a rule. */
export interface Fault {
  file: string;
  line: number;
}

/** A reason that is shorter than this explains nothing. */
const SHORTEST_REASON = 15;

/**
 * Handlers that throw an error away: `.catch(() => undefined)` or `.then(f, () => {})`, and `catch {}`. An empty block may stand with a comment
 * inside that says why every error is harmless there.
 */
export function swallowedErrors(source: SourceFile): Fault[] {
  const found: Fault[] = [];
  walk(source.syntax().tree, (node) => {
    const swallowed = handlerBodies(node as AnyNode).some((body) => throwsAway(source, body));
    if (swallowed) found.push({ file: source.file, line: node.loc?.end.line ?? 0 });
  });
  return found;
}

/** What runs when `node` fails: the block of a `catch`, or the body of the handler given to `catch` or `then`. */
function handlerBodies(node: AnyNode): Node[] {
  if (node.type === 'CatchClause') return [node.body];
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return [];
  const { property } = node.callee;
  const name = property.type === 'Identifier' ? property.name : '';
  const handler = name === 'catch' ? node.arguments[0] : name === 'then' ? node.arguments[1] : undefined;
  return handler ? bodyOf(handler) : [];
}

const bodyOf = (handler: Expression | SpreadElement): Node[] =>
  handler.type === 'ArrowFunctionExpression' || handler.type === 'FunctionExpression' ? [handler.body] : [];

function throwsAway(source: SourceFile, node: Node): boolean {
  const body = node as AnyNode;
  if (body.type === 'Identifier') return body.name === 'undefined';
  if (body.type === 'Literal') return body.value === null;
  if (body.type === 'UnaryExpression') return body.operator === 'void';
  if (body.type !== 'BlockStatement' || body.body.length > 0) return false;
  const inside = source.syntax().comments.filter(({ start, end }) => start > body.start && end < body.end);
  return inside.reduce((length, { value }) => length + value.trim().length, 0) < SHORTEST_REASON;
}

/** Casts to `never`, which make any value fit anywhere. */
export function castsToNever(source: SourceFile): Fault[] {
  const code = withoutComments(source);
  return [...code.matchAll(/\bas never\b/g)].map(({ index }) => ({
    file: source.file,
    line: code.slice(0, index).split('\n').length,
  }));
}

function withoutComments({ text, syntax }: SourceFile): string {
  const { comments } = syntax();
  let [code, at] = ['', 0];
  for (const { start, end } of comments) {
    code += text.slice(at, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  }
  return code + text.slice(at);
}
