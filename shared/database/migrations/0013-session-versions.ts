import type { Migration } from '../migration.ts';

/** Versions of accounts and tenants: a session that began with another one is over (decision 19). */
export const sessionVersions: Migration = {
  number: 13,
  name: 'session-versions',
  statements: [
    `ALTER TABLE \`users\` ADD COLUMN \`session_version\` INT UNSIGNED NOT NULL DEFAULT 1`,
    `ALTER TABLE \`tenants\` ADD COLUMN \`session_version\` INT UNSIGNED NOT NULL DEFAULT 1`,
  ],
};
