import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** What MAPI has beyond mail: properties of stores and folders, rights, search folders, named properties, synchronisation. */
export const mapi: Migration = {
  number: 5,
  name: 'mapi',
  statements: [
    // record_guid: what the store's own entry id ends with; null is the store's GUID itself. archive_user_id: whose archive it is.
    `ALTER TABLE \`stores\`
      ADD COLUMN \`record_guid\` BINARY(16) NULL,
      ADD COLUMN \`archive_user_id\` BIGINT UNSIGNED NULL,
      ADD COLUMN \`properties\` MEDIUMBLOB NULL,
      ADD COLUMN \`modified_at\` BIGINT NOT NULL DEFAULT 0`,
    // type: 0 the root, 1 a folder, 2 a search folder. source_key: what a client gave it; null is derived from the GUID.
    `ALTER TABLE \`folders\`
      ADD COLUMN \`type\` TINYINT NOT NULL DEFAULT 1,
      ADD COLUMN \`properties\` MEDIUMBLOB NULL,
      ADD COLUMN \`source_key\` VARBINARY(255) NULL,
      ADD COLUMN \`associated_count\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`changed_seq\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`modified_at\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`committed_at\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`search\` MEDIUMBLOB NULL,
      ADD KEY \`folders_guid\` (\`guid\`),
      ADD KEY \`folders_source_key\` (\`source_key\`)`,
    // deleted: 0 live, 1 soft-deleted, 2 associated with the folder (hidden from mail programs), 3 such a one soft-deleted.
    `ALTER TABLE \`messages\`
      ADD COLUMN \`source_key\` VARBINARY(255) NULL,
      ADD COLUMN \`status\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`modified_at\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`content_seq\` BIGINT NOT NULL DEFAULT 0,
      ADD KEY \`messages_source_key\` (\`store_id\`, \`source_key\`)`,
    // The synchronisation that a change came from, which need not be told of it.
    `ALTER TABLE \`changes\`
      ADD COLUMN \`sync_id\` INT UNSIGNED NULL`,
    // Tasks of the store server: a session's number says which one has it (DESIGN decision 9).
    `CREATE TABLE \`soap_tasks\` (
      \`id\` INT UNSIGNED NOT NULL,
      \`address\` VARCHAR(64) NOT NULL,
      \`expires_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`)
    ) ${TABLE}`,
    // tenant_id 0: what the system's own sessions use.
    `CREATE TABLE \`named_properties\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`id\` SMALLINT UNSIGNED NOT NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`kind\` TINYINT NOT NULL,
      \`name\` VARCHAR(255) NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`id\`),
      UNIQUE KEY \`named_properties_name\` (\`tenant_id\`, \`guid\`, \`kind\`, \`name\`)
    ) ${TABLE}`,
    // member: a user's or group's number; 0 of kind group is Everyone.
    `CREATE TABLE \`acls\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      \`kind\` VARCHAR(8) NOT NULL,
      \`member_id\` BIGINT UNSIGNED NOT NULL,
      \`denied\` TINYINT NOT NULL,
      \`rights\` INT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`store_id\`, \`folder_id\`, \`kind\`, \`member_id\`, \`denied\`)
    ) ${TABLE}`,
    `CREATE TABLE \`receive_folders\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`message_class\` VARCHAR(185) NOT NULL,
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`store_id\`, \`message_class\`)
    ) ${TABLE}`,
    `CREATE TABLE \`search_results\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      \`message_id\` BINARY(16) NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`store_id\`, \`folder_id\`, \`message_id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`syncs\` (
      \`id\` INT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`source_key\` VARBINARY(255) NOT NULL,
      \`change_type\` TINYINT UNSIGNED NOT NULL,
      \`change_id\` BIGINT NOT NULL,
      \`used_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`),
      KEY \`syncs_tenant\` (\`tenant_id\`)
    ) ${TABLE}`,
  ],
};
