import type { Migration } from '../migration.ts';

/** What stays the same of a message and all its copies as long as its bytes do (RFC 8474, EMAILID). Null: the message's own id. */
export const emailIds: Migration = {
  number: 9,
  name: 'email-ids',
  statements: [`ALTER TABLE \`messages\` ADD COLUMN \`email_id\` BINARY(16) NULL`],
};
