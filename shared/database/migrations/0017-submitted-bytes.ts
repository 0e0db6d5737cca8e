import type { Migration } from '../migration.ts';

/** What was checked when a message was submitted, and where it is. Both are null in rows of the version before: unchecked, and in the Outbox. */
export const submittedBytes: Migration = {
  number: 17,
  name: 'submitted-bytes',
  statements: [
    `ALTER TABLE \`outgoing_queue\` ADD COLUMN \`bytes_id\` BINARY(16) NULL`,
    `ALTER TABLE \`outgoing_queue\` ADD COLUMN \`folder_id\` BIGINT UNSIGNED NULL`,
  ],
};
