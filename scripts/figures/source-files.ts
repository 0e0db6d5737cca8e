import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { type Comment, type Node, parse } from 'acorn';

interface Syntax {
  /** Syntax tree without types; offsets and lines are those of the text. */
  tree: Node;
  comments: Comment[];
}

/** A TypeScript file, read once for all that measure it. */
export interface SourceFile {
  /** Path from the root of the repository. */
  file: string;
  /** First folder of the path: `shared`, `services`, ... */
  part: string;
  text: string;
  /** Number of lines. */
  length: number;
  /** Parsed at the first call; import graphs need no syntax. */
  syntax(): Syntax;
}

/** Made by scripts/generate-soap.ts from the WSDL; nobody reads or splits it. */
export const GENERATED: readonly string[] = ['shared/protocol/soap/interface.ts'];

/** The folders that hold our code; tests are measured for circles only. */
export const PARTS = ['shared', 'services', 'functions', 'infra', 'scripts'] as const;

export function sourceOf(file: string, text: string): SourceFile {
  let syntax: Syntax | undefined;
  return {
    file,
    part: file.split('/')[0] ?? '',
    text,
    length: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    syntax: () => (syntax ??= parseSource(text)),
  };
}

function parseSource(text: string): Syntax {
  const comments: Comment[] = [];
  const tree = parse(stripTypeScriptTypes(text), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
    locations: true,
    onComment: comments,
  });
  return { tree, comments };
}

const files = new Map<string, SourceFile>();

/** All files that match a pattern, sorted by path; declaration files have no code and are left out. */
export function sourceFiles(pattern = `{${[...PARTS, 'test'].join(',')}}/**/*.ts`): SourceFile[] {
  return globSync(pattern)
    .filter((file) => !file.endsWith('.d.ts'))
    .sort()
    .map((file) => {
      const known = files.get(file) ?? sourceOf(file, readFileSync(file, 'utf8'));
      files.set(file, known);
      return known;
    });
}

/** Calls `visit` for every node of a tree, parents first, with the path of its parents (nearest last). */
export function walk(tree: Node, visit: (node: Node, parents: readonly Node[]) => void): void {
  const parents: Node[] = [];
  const step = (node: Node): void => {
    visit(node, parents);
    parents.push(node);
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) step(child);
    parents.pop();
  };
  step(tree);
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
