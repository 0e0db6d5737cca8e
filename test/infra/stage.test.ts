import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { stage } from '../../infra/constructs/stage.ts';

describe('the stage', () => {
  it('is Pamoja unless the context names another', () => {
    expect(stage(new App())).toBe('Pamoja');
    expect(stage(new App({ context: { stage: 'PamojaTest' } }))).toBe('PamojaTest');
  });

  it.each(['', '1st', 'with-dash', 'x'.repeat(21), 7])(
    'is refused as %o, which cannot begin the name of a stack',
    (value) => {
      expect(() => stage(new App({ context: { stage: value } }))).toThrow(/^stage is /);
    },
  );

  it('begins the name of every stack of the app', () => {
    const names = [...readFileSync('infra/app.ts', 'utf8').matchAll(/new \w+Stack\(app, (\S+?)[,)]/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !name?.startsWith('`${name}'))).toEqual([]);
  });
});
