import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Tenants, users, stores, folders, messages, blobs and the change feed (DESIGN decisions 3 to 6). */
export const foundation: Migration = {
  number: 1,
  name: 'foundation',
  statements: [
    `CREATE TABLE \`tenants\` (
      \`id\` INT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`guid\` BINARY(16) NOT NULL,
      \`name\` VARCHAR(191) NOT NULL,
      \`state\` VARCHAR(16) NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`tenants_name\` (\`name\`)
    ) ${TABLE}`,
    `CREATE TABLE \`domains\` (
      \`name\` VARCHAR(255) NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      PRIMARY KEY (\`name\`),
      KEY \`domains_tenant\` (\`tenant_id\`),
      CONSTRAINT \`domains_tenant_fk\` FOREIGN KEY (\`tenant_id\`) REFERENCES \`tenants\` (\`id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`users\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`login\` VARCHAR(255) NOT NULL,
      \`full_name\` VARCHAR(255) NOT NULL,
      \`email\` VARCHAR(320) NOT NULL,
      \`password_hash\` VARCHAR(255) NOT NULL,
      \`active\` TINYINT NOT NULL,
      \`features_on\` VARCHAR(255) NOT NULL,
      \`features_off\` VARCHAR(255) NOT NULL,
      \`quota_override\` TINYINT NOT NULL,
      \`quota_warn\` BIGINT NOT NULL,
      \`quota_soft\` BIGINT NOT NULL,
      \`quota_hard\` BIGINT NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`users_login\` (\`login\`),
      KEY \`users_tenant\` (\`tenant_id\`, \`id\`),
      CONSTRAINT \`users_tenant_fk\` FOREIGN KEY (\`tenant_id\`) REFERENCES \`tenants\` (\`id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`addresses\` (
      \`address\` VARCHAR(320) NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`is_primary\` TINYINT NOT NULL,
      PRIMARY KEY (\`address\`),
      KEY \`addresses_user\` (\`tenant_id\`, \`user_id\`),
      CONSTRAINT \`addresses_user_fk\` FOREIGN KEY (\`user_id\`) REFERENCES \`users\` (\`id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`stores\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`change_seq\` BIGINT NOT NULL DEFAULT 0,
      \`size\` BIGINT NOT NULL DEFAULT 0,
      \`message_count\` BIGINT NOT NULL DEFAULT 0,
      \`inbox_folder_id\` BIGINT UNSIGNED NULL,
      \`locale\` VARCHAR(32) NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`stores_user\` (\`user_id\`),
      UNIQUE KEY \`stores_guid\` (\`guid\`),
      KEY \`stores_tenant\` (\`tenant_id\`, \`id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`folders\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`parent_id\` BIGINT UNSIGNED NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`name\` VARCHAR(255) NOT NULL,
      \`container_class\` VARCHAR(64) NOT NULL,
      \`role\` VARCHAR(32) NULL,
      \`uid_validity\` INT UNSIGNED NOT NULL,
      \`uid_next\` INT UNSIGNED NOT NULL DEFAULT 1,
      \`highest_modseq\` BIGINT NOT NULL DEFAULT 1,
      \`message_count\` BIGINT NOT NULL DEFAULT 0,
      \`unseen_count\` BIGINT NOT NULL DEFAULT 0,
      \`deleted_count\` BIGINT NOT NULL DEFAULT 0,
      \`size\` BIGINT NOT NULL DEFAULT 0,
      \`subscribed\` TINYINT NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      \`deleted_at\` BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`folders_name\` (\`store_id\`, \`parent_id\`, \`deleted_at\`, \`name\`)
    ) ${TABLE}`,
    // The clustered order is the order of an IMAP listing; soft-deleted messages stand apart, so that no listing passes over them.
    `CREATE TABLE \`messages\` (
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      \`deleted\` TINYINT UNSIGNED NOT NULL DEFAULT 0,
      \`uid\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`id\` BINARY(16) NOT NULL,
      \`modseq\` BIGINT NOT NULL,
      \`flags\` SMALLINT UNSIGNED NOT NULL,
      \`keywords\` VARCHAR(2000) NOT NULL,
      \`received_at\` BIGINT NOT NULL,
      \`saved_at\` BIGINT NOT NULL,
      \`sent_at\` BIGINT NULL,
      \`size\` INT UNSIGNED NOT NULL,
      \`message_class\` VARCHAR(255) NOT NULL,
      \`subject\` VARCHAR(255) NOT NULL,
      \`sender_name\` VARCHAR(255) NOT NULL,
      \`sender_address\` VARCHAR(255) NOT NULL,
      \`display_to\` VARCHAR(255) NOT NULL,
      \`importance\` TINYINT NOT NULL,
      \`has_attachments\` TINYINT NOT NULL,
      \`conversation_id\` BINARY(16) NOT NULL,
      \`imap_envelope\` MEDIUMBLOB NOT NULL,
      \`imap_body_structure\` MEDIUMBLOB NOT NULL,
      \`deleted_at\` BIGINT NULL,
      PRIMARY KEY (\`folder_id\`, \`deleted\`, \`uid\`),
      UNIQUE KEY \`messages_id\` (\`store_id\`, \`id\`),
      KEY \`messages_deleted\` (\`deleted_at\`)
    ) ${TABLE}`,
    `CREATE TABLE \`message_contents\` (
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`id\` BINARY(16) NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`properties\` MEDIUMBLOB NOT NULL,
      \`mime\` MEDIUMBLOB NOT NULL,
      \`parts\` MEDIUMTEXT NOT NULL,
      PRIMARY KEY (\`store_id\`, \`id\`)
    ) ${TABLE}`,
    // tenant_id 0: shared by all tenants.
    `CREATE TABLE \`blobs\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`hash\` BINARY(32) NOT NULL,
      \`size\` BIGINT NOT NULL,
      \`refs\` BIGINT NOT NULL DEFAULT 0,
      \`stored\` TINYINT NOT NULL,
      \`unreferenced_at\` BIGINT NULL,
      PRIMARY KEY (\`tenant_id\`, \`hash\`),
      KEY \`blobs_unreferenced\` (\`unreferenced_at\`)
    ) ${TABLE}`,
    `CREATE TABLE \`changes\` (
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`seq\` BIGINT NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`folder_id\` BIGINT UNSIGNED NOT NULL,
      \`kind\` TINYINT UNSIGNED NOT NULL,
      \`uid\` INT UNSIGNED NULL,
      \`message_id\` BINARY(16) NULL,
      \`at\` BIGINT NOT NULL,
      PRIMARY KEY (\`store_id\`, \`seq\`),
      KEY \`changes_folder\` (\`folder_id\`, \`seq\`)
    ) ${TABLE}`,
    `CREATE TABLE \`listeners\` (
      \`address\` VARCHAR(64) NOT NULL,
      \`expires_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`address\`)
    ) ${TABLE}`,
  ],
};
