import type { AnyNode, Function as FunctionNode, Node } from 'acorn';
import { type SourceFile, walk } from './source-files.ts';

/** A function of a source file. */
export interface FunctionFigures {
  file: string;
  /** Its own name, or that of the variable, property or call that holds it. */
  name: string;
  line: number;
  /** Lines from its first to its last, both included. */
  length: number;
  parameters: number;
  /** A function with a name of its own; not a callback such as `(row) => row.id`. */
  named: boolean;
}

const isFunction = (node: Node): node is FunctionNode =>
  ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type);

/** All functions of a file: declarations, methods, and function expressions with the name of what holds them. */
export function functionsOf(source: SourceFile): FunctionFigures[] {
  const found: FunctionFigures[] = [];
  walk(source.syntax().tree, (node, parents) => {
    if (!isFunction(node) || !node.loc) return;
    const holder = parents.at(-1) as AnyNode | undefined;
    const own = node.id?.name ?? (holder && nameOfHolder(holder, node));
    found.push({
      file: source.file,
      name: own ?? `callback in ${enclosingName(parents)}`,
      line: node.loc.start.line,
      length: node.loc.end.line - node.loc.start.line + 1,
      parameters: node.params.length,
      named: own !== undefined,
    });
  });
  return found;
}

/** The name under which a function is held, or nothing for a callback. */
function nameOfHolder(holder: AnyNode, node: Node): string | undefined {
  if (holder.type === 'VariableDeclarator' && holder.init === node && holder.id.type === 'Identifier')
    return holder.id.name;
  if (holder.type === 'MethodDefinition' || holder.type === 'PropertyDefinition' || holder.type === 'Property') {
    const { key } = holder;
    if (key.type === 'Identifier' || key.type === 'PrivateIdentifier') return key.name;
    if (key.type === 'Literal') return String(key.value);
  }
  return undefined;
}

/** The name of the nearest function, variable or property around a node. */
function enclosingName(parents: readonly Node[]): string {
  for (const [i, parent] of [...parents.entries()].reverse()) {
    const child = parents[i + 1];
    const name =
      (isFunction(parent) ? parent.id?.name : undefined) ?? (child && nameOfHolder(parent as AnyNode, child));
    if (name) return name;
  }
  return 'the module';
}

/** The value that `share` (0 to 1) of the values do not pass; 0 when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? sorted[0] ?? 0;
}
