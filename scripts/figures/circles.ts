import path from 'node:path';
import type { SourceFile } from './source-files.ts';

/** The files that each file imports by a relative path, type imports included. */
export function importGraph(sources: readonly Pick<SourceFile, 'file' | 'text'>[]): Map<string, string[]> {
  const known = new Set(sources.map(({ file }) => file));
  return new Map(
    sources.map(({ file, text }) => {
      const specifiers = [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
      const targets = specifiers.map((to) => path.posix.normalize(path.posix.join(path.posix.dirname(file), to)));
      return [file, targets.filter((target) => known.has(target))] as const;
    }),
  );
}

/** Import circles: the strongly connected components with more than one file (Tarjan 1972), each sorted. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  const lowOf = (node: string): number => low.get(node) ?? graph.size;
  const reach = (node: string, reached: number): void => void low.set(node, Math.min(lowOf(node), reached));

  const visit = (node: string): void => {
    const own = index.size;
    index.set(node, own);
    reach(node, own);
    stack.push(node);
    for (const target of graph.get(node) ?? []) {
      const seen = index.get(target);
      if (seen === undefined) visit(target);
      if (seen === undefined) reach(node, lowOf(target));
      else if (stack.includes(target)) reach(node, seen);
    }
    if (lowOf(node) !== own) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1 || graph.get(node)?.includes(node)) found.push(component.sort());
  };

  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}
