import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Which messages IMAP sessions have been told of (RFC 3501 §2.3.2), and subscriptions to names instead of folders (§6.3.6). */
export const recentAndSubscriptions: Migration = {
  number: 16,
  name: 'recent-and-subscriptions',
  statements: [
    // recent_uid: the highest uid that some session has been told of; null: what the folder has came before that was kept.
    // subscribed_as: SHA-256 of the user and the name under which a folder with `subscribed` is among the subscriptions; null: it is yet to come there.
    `ALTER TABLE \`folders\` ADD COLUMN \`recent_uid\` INT UNSIGNED NULL`,
    `ALTER TABLE \`folders\` ADD COLUMN \`subscribed_as\` BINARY(32) NULL`,
    `CREATE TABLE IF NOT EXISTS \`subscriptions\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`name_hash\` BINARY(32) NOT NULL,
      \`name\` TEXT NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`user_id\`, \`name_hash\`)
    ) ${TABLE}`,
  ],
};
