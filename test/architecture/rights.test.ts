import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

// Only shared/access decides who may change a user. A program that changes users for a caller from outside asks it.

/** Functions of the directory that change a user, or what is a user's. */
const CHANGES = /\b(?:updateUser|deleteUser|addSendAs|removeSendAs|giveStore|leaveStore|makeStore|addTenantAdmin)\(/;

/** What asks: the rule itself, or what a protocol makes of it. */
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
