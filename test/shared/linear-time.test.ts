import { globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALLS, WITHOUT_TEXT } from '../../scripts/fuzz/linear-calls.ts';
import { RUNS, superlinear } from '../../scripts/fuzz/linear-time.ts';

const MODULES = globSync('shared/{mapi,mime,protocol}/**/*.ts');

/** 10,000 characters, for which a quadratic function takes fifty milliseconds. Longer inputs are tried by `npm run fuzz -- linear`. */
const SIZES = { size: 2000, factor: 5, tiny: 8 };

describe('every function that reads external input', () => {
  it('is tried with it, or has a reason not to be', async () => {
    const exported: string[] = [];
    for (const file of MODULES) {
      const module: Record<string, unknown> = await import(path.resolve(file));
      for (const [name, value] of Object.entries(module))
        if (typeof value === 'function') exported.push(`${path.relative('shared', file)} ${name}`);
    }
    const listed = [...Object.keys(CALLS), ...Object.keys(WITHOUT_TEXT)];
    expect(listed.sort(), 'the lists of scripts/fuzz/linear-calls.ts').toEqual(exported.sort());
  });

  it.each(Object.entries(CALLS))(
    '%s takes a time that grows as its input does',
    { timeout: 60_000 },
    async (_, calls) => {
      for (const [i, call] of calls.entries())
        for (const unit of RUNS)
          expect
            .soft(await superlinear(call, unit, SIZES), `call ${i} with runs of ${JSON.stringify(unit)}`)
            .toBeUndefined();
    },
  );
});
