import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** What has changed in the address book of a tenant, for clients that keep a copy. */
export const addressBookChanges: Migration = {
  number: 8,
  name: 'address-book-changes',
  statements: [
    // kind: user or group. guid: of who may be gone. change_kind: 1 new, 2 changed, 3 gone.
    `CREATE TABLE \`address_book_changes\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`kind\` VARCHAR(8) NOT NULL,
      \`person_id\` BIGINT UNSIGNED NOT NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`change_kind\` TINYINT NOT NULL,
      PRIMARY KEY (\`id\`),
      KEY \`address_book_changes_tenant\` (\`tenant_id\`, \`id\`)
    ) ${TABLE}`,
  ],
};
