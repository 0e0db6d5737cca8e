import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// Only shared/access decides who may change a user. A program that changes users for an external caller asks it.

/** Functions of the directory that change a user or a user's rows. */
const CHANGES = /\b(?:updateUser|deleteUser|addSendAs|removeSendAs|giveStore|leaveStore|makeStore|addTenantAdmin)\(/;

/** Calls that ask the rule: the rule itself, or a protocol's wrapper of it. */
const ASKS = /\b(?:requireMayAdminister|changeUser|requireAdministersUser)\(/;

describe('a program that changes users', () => {
  const files = globSync('{functions,services}/**/*.ts').filter((file) => CHANGES.test(readFileSync(file, 'utf8')));

  it('is one of the known ones', () => {
    expect(files.length).toBeGreaterThanOrEqual(4);
  });

  it.each(files)('%s asks whether the caller may', (file) => {
    expect(ASKS.test(readFileSync(file, 'utf8'))).toBe(true);
  });
});
