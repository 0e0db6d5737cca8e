import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { adminCommand } from '../../scripts/kopano/admin/command-line.ts';

it('every action of kopano-admin has its option', () => {
  const source = readFileSync('scripts/kopano/kopano-admin.ts', 'utf8');
  const actions = [...source.matchAll(/^ {2}\['(\w+)', /gm)].map(([, name = '']) => name);
  const options = adminCommand.options.map((option) => option.attributeName());
  expect(actions.length).toBeGreaterThan(30);
  expect(actions.filter((name) => !options.includes(name))).toEqual([]);
});
