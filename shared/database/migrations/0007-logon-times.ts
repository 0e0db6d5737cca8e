import type { Migration } from '../migration.ts';

/** When the user of a store logged on and off last; 0: never. */
export const logonTimes: Migration = {
  number: 7,
  name: 'logon-times',
  statements: [
    `ALTER TABLE \`stores\`
      ADD COLUMN \`logon_at\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`logoff_at\` BIGINT NOT NULL DEFAULT 0`,
  ],
};
