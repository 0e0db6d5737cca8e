import { describe, expect, it } from 'vitest';
import { functionsOf, quantile } from '../../scripts/figures/functions.ts';
import { GENERATED, PARTS, sourceFiles, sourceOf } from '../../scripts/figures/source-files.ts';

// STYLE: code that is hard to read has a bad tail, not a bad median. `node scripts/figures.ts` prints the figures of every part.

const sources = sourceFiles(`{${PARTS.join(',')}}/**/*.ts`).filter(({ file }) => !GENERATED.includes(file));
const functions = sources.flatMap(functionsOf);

describe('the size of', () => {
  it('files is at most 450 lines', () => {
    const long = sources.filter(({ length }) => length > 450);
    expect(long.map(({ file, length }) => `${file}: ${length}`)).toEqual([]);
  });

  it('functions is at most 80 lines', () => {
    const long = functions.filter(({ length }) => length > 80);
    expect(long.map(({ file, name, length }) => `${file} ${name}: ${length}`)).toEqual([]);
  });

  it.each(['shared', 'services', 'functions', 'scripts'])('nine in ten functions of %s is at most 30 lines', (part) => {
    const lengths = functions.filter(({ file, named }) => named && file.startsWith(`${part}/`));
    expect(lengths.length).toBeGreaterThan(50);
    expect(
      quantile(
        lengths.map(({ length }) => length),
        0.9,
      ),
    ).toBeLessThanOrEqual(30);
  });

  it('parameter lists is at most five', () => {
    const many = functions.filter(({ parameters }) => parameters > 5);
    expect(many.map(({ file, name, parameters }) => `${file} ${name}: ${parameters}`)).toEqual([]);
  });
});

describe('the measurement', () => {
  const text = [
    'export function first(a: string, b = 1): void {',
    '  [a].map((one) => one);',
    '}',
    'class Holder {',
    '  method() {}',
    '}',
    'const arrow = (a: number): number =>',
    '  a;',
    '',
  ].join('\n');

  it('finds functions with their names, lengths and parameters', () => {
    expect(functionsOf(sourceOf('shared/a.ts', text))).toMatchObject([
      { name: 'first', line: 1, length: 3, parameters: 2, named: true },
      { name: 'callback in first', line: 2, length: 1, parameters: 1, named: false },
      { name: 'method', line: 5, length: 1, parameters: 0, named: true },
      { name: 'arrow', line: 7, length: 2, parameters: 1, named: true },
    ]);
  });

  it('counts the lines of a file', () => {
    expect(sourceOf('shared/a.ts', text).length).toBe(8);
  });

  it.each([
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 9],
    [[7], 7],
    [[], 0],
  ])('the 90th percentile of %j is %i', (values, expected) => {
    expect(quantile(values, 0.9)).toBe(expected);
  });
});
