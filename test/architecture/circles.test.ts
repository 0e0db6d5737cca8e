import { describe, expect, it } from 'vitest';
import { circles, importGraph } from '../../scripts/figures/circles.ts';
import { sourceFiles } from '../../scripts/figures/source-files.ts';

// STYLE: a type that two files use lives in a file below both. Type imports count: they couple files as other imports do.

// Read when the file is loaded: reading takes seconds on a busy machine, and a test has five.
const graph = importGraph(sourceFiles());

const graphOf = (files: Record<string, string>) =>
  importGraph(Object.entries(files).map(([file, text]) => ({ file, text })));

describe('import circles', () => {
  it('are none', () => {
    expect(graph.size).toBeGreaterThan(300);
    expect(circles(graph)).toEqual([]);
  });

  it('are found through type imports and several files', () => {
    const files = {
      'a/one.ts': "import type { Two } from './two.ts';",
      'a/two.ts': "export * from '../b/three.ts';",
      'b/three.ts': "const one = await import('../a/one.ts');",
      'b/four.ts': "import './three.ts';",
    };
    expect(circles(graphOf(files))).toEqual([['a/one.ts', 'a/two.ts', 'b/three.ts']]);
  });

  it('are reported separately when they share no file', () => {
    const files = {
      'a.ts': "import './b.ts';",
      'b.ts': "import './a.ts';\nimport './c.ts';",
      'c.ts': "import './d.ts';",
      'd.ts': "import './c.ts';\nimport './e.ts';",
      'e.ts': '',
    };
    expect(circles(graphOf(files))).toEqual([
      ['c.ts', 'd.ts'],
      ['a.ts', 'b.ts'],
    ]);
  });
});
