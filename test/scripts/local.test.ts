import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolve, type Scope } from '../../scripts/local/intrinsics.ts';
import { takeLock } from '../../scripts/local/processes.ts';
import { cronPattern } from '../../scripts/local/schedules.ts';

const scope: Scope = {
  stack: 'S',
  region: 'eu-west-1',
  account: '1',
  resource: (id) => ({ ref: `ref-${id}`, attribute: (name) => `${id}.${name}` }),
  imported: (name) => `imported-${name}`,
};

describe('intrinsic functions', () => {
  it('are resolved at every depth', () => {
    const value = {
      a: { Ref: 'X' },
      b: [{ 'Fn::GetAtt': ['Y', 'Arn'] }, { 'Fn::Join': ['-', ['p', { Ref: 'AWS::Region' }]] }],
      c: { 'Fn::Sub': '${X}/${Y.Arn}/${AWS::AccountId}' },
      d: { 'Fn::ImportValue': 'E' },
      e: { 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b'] }] },
    };
    expect(resolve(value, scope)).toEqual({
      a: 'ref-X',
      b: ['Y.Arn', 'p-eu-west-1'],
      c: 'ref-X/Y.Arn/1',
      d: 'imported-E',
      e: 'b',
    });
  });

  it('one that is not known stops the start', () => {
    expect(() => resolve({ 'Fn::Transform': {} }, scope)).toThrow(/Fn::Transform/);
  });
});

describe('schedules', () => {
  it('EventBridge expressions become cron patterns', () => {
    expect(cronPattern('cron(0 3 * * ? *)')).toBe('0 3 * * *');
    expect(cronPattern('cron(15 10 ? * 1 *)')).toBe('15 10 * * 0');
    expect(() => cronPattern('at(2026-01-01T00:00:00)')).toThrow();
  });
});

describe('the lock of a data folder', () => {
  it('of a live process keeps others out; a stale or broken one does not', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'pamoja-lock-'));
    const lock = path.join(folder, 'stack.lock');
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, marker: '' }));
    expect(() => takeLock(folder)).toThrow(/another local stack/);
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, marker: 'node' }));
    takeLock(folder)();
    writeFileSync(lock, '{"pid":');
    takeLock(folder)();
  });
});
