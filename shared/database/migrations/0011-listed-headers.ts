import type { Migration } from '../migration.ts';

/** Header fields as clients ask for them in listings and searches; null: read from the message. */
export const listedHeaders: Migration = {
  number: 11,
  name: 'listed-headers',
  statements: [`ALTER TABLE \`messages\` ADD COLUMN \`imap_header\` VARBINARY(4096) NULL`],
};
