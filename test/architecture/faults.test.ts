import { describe, expect, it } from 'vitest';
import { castsToNever, type Fault, swallowedErrors } from '../../scripts/figures/faults.ts';
import { PARTS, sourceFiles, sourceOf } from '../../scripts/figures/source-files.ts';

// STYLE: never catch without naming the code that is meant; no cast to `never`.

// Measured when the file is loaded: parsing takes seconds on a busy machine, and a test has five.
const sources = sourceFiles(`{${PARTS.join(',')}}/**/*.ts`);
const swallowed = [...sources, ...sourceFiles('test/**/*.ts')].flatMap(swallowedErrors);
const casts = sources.flatMap(castsToNever);

const placeOf = ({ file, line }: Fault): string => `${file}:${line}`;

describe('no file', () => {
  it('swallows an error', () => {
    expect(swallowed.map(placeOf)).toEqual([]);
  });

  it('casts to never', () => {
    expect(casts.map(placeOf)).toEqual([]);
  });
});

describe('an error is swallowed', () => {
  const linesOf = (text: string) => swallowedErrors(sourceOf('a.ts', text)).map(({ line }) => line);

  it.each([
    ['a.catch(() => {});'],
    ['a.catch(() => undefined);'],
    ['a?.catch((error: unknown) => null);'],
    ['a.then(f, () => void 0);'],
    ['try { a(); } catch {}'],
    ['try { a(); } catch { /* fine */ }'],
    ['a.catch(function () {});'],
  ])('by %s', (text) => {
    expect(linesOf(text)).toEqual([1]);
  });

  it.each([
    ['a.catch((error: unknown) => log.warn(error));'],
    ['a.catch(only(NOT_FOUND));'],
    ['a.then(() => undefined);'],
    ['try { a(); } catch { b = undefined; }'],
    ['try { a(); } catch { /* The file is gone already, which is what was wanted. */ }'],
  ])('not by %s', (text) => {
    expect(linesOf(text)).toEqual([]);
  });

  it('and a cast to never is found outside comments alone', () => {
    const source = sourceOf('a.ts', '// as never\nconst a = 1 as never;\n');
    expect(castsToNever(source)).toEqual([{ file: 'a.ts', line: 2 }]);
  });
});
