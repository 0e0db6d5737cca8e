import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const documents = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md')];
const textOf = (document: string): string => readFileSync(document, 'utf8');

/** A path from the root of the repository; one in a URL or behind `../` is another. */
const PATH = /(?<![\w./-])(?:infra|functions|services|shared|scripts|test|docs)\/[\w*./-]*/g;

const LINK = /\[([^\]]*)\]\(([^)#\s]+)[^)\s]*\)/g;

const pathsIn = (text: string): string[] =>
  [...text.matchAll(PATH)].map(([match]) => match.replace(/[./]+$/, '')).filter((each) => each !== '');

/** Links to files, from the root of the repository; without those to the web. */
const linksIn = (document: string): { text: string; file: string }[] =>
  [...textOf(document).matchAll(LINK)]
    .map(([, text = '', target = '']) => ({ text, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .map(({ text, target }) => ({ text, file: path.join(path.dirname(document), target) }));

const isThere = (name: string): boolean => (name.includes('*') ? globSync(name).length > 0 : existsSync(name));

describe.each(documents)('%s', (document) => {
  it('names only files and folders that are there', () => {
    expect(pathsIn(textOf(document)).filter((each) => !isThere(each))).toEqual([]);
  });

  it('links only to files that are there', () => {
    expect(linksIn(document).filter(({ file }) => !existsSync(file))).toEqual([]);
  });

  it('links a name in backticks to a file that has it', () => {
    const wrong = linksIn(document).filter(({ text, file }) => {
      const name = /^`(\w+)`$/.exec(text)?.[1];
      return (
        name !== undefined && file.endsWith('.ts') && !new RegExp(`\\b${name}\\b`).test(readFileSync(file, 'utf8'))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('names only npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [...textOf(document).matchAll(/\bnpm run (?:-s )?([\w-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** A line of the map: a folder and its content. */
const MAP_LINE = /^ {4}(\S+\/) {2,}(.*)$/gm;

it('the map of CONTRIBUTING.md names only files that each folder has', () => {
  const lines = [...textOf('CONTRIBUTING.md').matchAll(MAP_LINE)];
  expect(lines.length).toBeGreaterThan(20);
  const missing = lines.flatMap(([, folder = '', text = '']) =>
    [...text.matchAll(/(?<![\w./-])[\w-]+(?:\.ts|\/(?![\w.]))/g)]
      .map(([name]) => name)
      .filter((name) => globSync(`${folder}{,*/}${name}`).length === 0)
      .map((name) => `${folder}${name}`),
  );
  expect(missing).toEqual([]);
});
