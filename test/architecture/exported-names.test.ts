import { describe, expect, it } from 'vitest';
import { GENERATED, type SourceFile, sourceFiles, sourceOf } from '../../scripts/figures/source-files.ts';

// STYLE: one word for one thing, one thing for one word. A name that two files export is found twice by a search and means two things.

/** Names that several files export for the same idea, with the reason. */
const SAME_IDEA: Record<string, string> = {
  administratorOf: 'the rights of a caller: of a SOAP session, and of a key of the tenants API',
  compose: 'every function and service is put together in its own compose.ts',
  domainName: 'the rule for a domain, and the same rule with its description for the OpenAPI document',
  handler: 'the entry point of every Lambda function',
  log: 'the one log of a Lambda function, made in its compose.ts',
  metrics: 'the metrics of a Lambda function, made in its compose.ts',
  tenantName: 'the rule for the name of a tenant: for commands and SOAP, and the narrower one of the API',
};

const DECLARATION =
  /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:const enum|const|let|function\*?|class|interface|type|enum) +(?<name>[\w$]+)/gm;
const LIST = /^export (?:type )?\{(?<names>[^}]*)\}/gm;

/** The names that a file exports, without `export *`. */
function exportedNames({ text }: Pick<SourceFile, 'text'>): Set<string> {
  const declared = [...text.matchAll(DECLARATION)].map(({ groups }) => groups?.name ?? '');
  const listed = [...text.matchAll(LIST)].flatMap(({ groups }) => (groups?.names ?? '').split(',').map(nameAfterAs));
  return new Set([...declared, ...listed].filter((name) => name !== ''));
}

/** `b` of `type a as b`. */
const nameAfterAs = (item: string): string => item.trim().split(/\s+/).at(-1) ?? '';

const sources = sourceFiles('{shared,services,functions}/**/*.ts').filter(({ file }) => !GENERATED.includes(file));
const exporters = new Map<string, string[]>();
for (const source of sources)
  for (const name of exportedNames(source)) exporters.set(name, [...(exporters.get(name) ?? []), source.file]);
const shared = [...exporters].filter(([, files]) => files.length > 1);

describe('no two files', () => {
  it('export the same name', () => {
    expect(sources.length).toBeGreaterThan(500);
    expect(exporters.size).toBeGreaterThan(1500);
    const found = shared.filter(([name]) => !(name in SAME_IDEA));
    expect(found.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([]);
  });

  it('and no name is excused that only one file exports', () => {
    const names = shared.map(([name]) => name);
    expect(Object.keys(SAME_IDEA).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the exported names of', () => {
  it.each([
    ['export const a = 1;', ['a']],
    ['export async function* a() {}', ['a']],
    ['export abstract class A {}', ['A']],
    ['export type A = 1;\nexport interface B {}', ['A', 'B']],
    ["export { a, type B as C } from './c.ts';", ['a', 'C']],
    ['const a = 1;\nexport default a;', []],
  ])('%j are %j', (text, names) => {
    expect([...exportedNames(sourceOf('shared/a.ts', text))]).toEqual(names);
  });
});
