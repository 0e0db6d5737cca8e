import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** What IMAP clients note about mailboxes (RFC 5464), subscriptions to other users' folders, previews, and keys of SCRAM (RFC 5802). */
export const annotations: Migration = {
  number: 10,
  name: 'annotations',
  statements: [
    // folder_id 0: of the server as the store's user sees it. user_id 0: shared by all who may see the folder.
    `CREATE TABLE IF NOT EXISTS \`annotations\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`name\` VARCHAR(255) NOT NULL,
      \`value\` MEDIUMBLOB NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`store_id\`, \`folder_id\`, \`user_id\`, \`name\`),
      KEY \`annotations_user\` (\`tenant_id\`, \`user_id\`, \`name\`)
    ) ${TABLE}`,
    // The beginning of what the message says (RFC 8970), UTF-8; null: made when it is asked for.
    `ALTER TABLE \`messages\` ADD COLUMN \`imap_preview\` VARBINARY(1024) NULL`,
    // Made when the password is known: at a change, or at a login with it.
    `ALTER TABLE \`users\` ADD COLUMN \`scram\` VARCHAR(255) NULL`,
  ],
};
