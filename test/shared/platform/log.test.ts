import { describe, expect, it, vi } from 'vitest';
import { createLambdaLog } from '../../../shared/platform/lambda-log.ts';
import { createLog } from '../../../shared/platform/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): { line: string; fields: Record<string, unknown> } {
  let line = '';
  write(createLog('test', { write: (text) => void (line += text) }));
  return { line, fields: JSON.parse(line) };
}

describe('a log line', () => {
  it('carries fields, errors with their causes, and the message', () => {
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'ER_X', errno: 7 });
    const { fields } = logged((log) => log.error({ error, store: 3, list: [1, 2] }, 'it failed'));
    expect(fields).toMatchObject({
      service: 'test',
      msg: 'it failed',
      store: 3,
      list: [1, 2],
      error: { type: 'Error', message: 'outer', code: 'ER_X', errno: 7, cause: { message: 'inner' } },
    });
    expect((fields.error as { stack: string }).stack).toContain('log.test.ts');
  });

  it.each<[string, (log: ReturnType<typeof createLog>) => void]>([
    ['a message', (log) => log.info({}, 'x'.repeat(1_000_000))],
    [
      'a message beside fields',
      (log) => log.info({ audit: true }, `authenticate failed user='${'x'.repeat(1_000_000)}'`),
    ],
    ['a field', (log) => log.info({ user: 'x'.repeat(1_000_000) }, 'm')],
    ['a field within a field', (log) => log.info({ a: { b: { c: 'x'.repeat(1_000_000) } } }, 'm')],
    ['a list', (log) => log.info({ a: Array.from({ length: 100_000 }, String) }, 'm')],
    ['a name of a field', (log) => log.info({ ['x'.repeat(1_000_000)]: 1 }, 'm')],
    [
      'many fields',
      (log) => log.info({ a: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [i, i])) }, 'm'),
    ],
    ['bytes', (log) => log.info({ a: Buffer.alloc(1_000_000) }, 'm')],
    ['an error', (log) => log.error({ error: new Error('x'.repeat(1_000_000)) }, 'm')],
    [
      'what an error carries',
      (log) => log.error({ error: Object.assign(new Error('m'), { sql: 'x'.repeat(1_000_000) }) }, 'm'),
    ],
  ])('stays short with %s of a megabyte', (_, write) => {
    expect(logged(write).line.length).toBeLessThan(20_000);
  });

  it('is one line, whatever it carries', () => {
    const { line } = logged((log) => log.info({ a: 'b\nc\r\n{"level":50}' }, 'd\ne'));
    expect(line.trimEnd()).not.toContain('\n');
  });
});

describe('a line of a Lambda', () => {
  it('stays short with fields, messages and errors of a megabyte, and errors keep their causes', () => {
    // Powertools writes past the console otherwise.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    const lines: string[] = [];
    const spies = (['info', 'error'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line))),
    );
    const log = createLambdaLog('test');
    const large = 'x'.repeat(1_000_000);
    log.info({ user: large, list: [large] }, large);
    log.error({ error: new Error(large, { cause: new Error('inner') }) }, 'it failed');
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
    expect(lines.length).toBe(2);
    for (const line of lines) expect(line.length).toBeLessThan(20_000);
    expect(lines[1]).toContain('inner');
  });
});
