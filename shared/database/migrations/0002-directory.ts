import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Limits of a tenant, administrators, API keys and the audit trail. A limit of 0 is none. */
export const directory: Migration = {
  number: 2,
  name: 'directory',
  statements: [
    `ALTER TABLE \`tenants\`
      ADD COLUMN \`max_domains\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`max_users\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`max_bytes\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`delete_after\` BIGINT NULL`,
    `ALTER TABLE \`tenants\` ADD UNIQUE KEY \`tenants_guid\` (\`guid\`)`,
    `ALTER TABLE \`users\`
      ADD COLUMN \`admin_level\` TINYINT NOT NULL DEFAULT 0`,
    // The login of the user who had the store, once that user is deleted (manual 8.2.3).
    `ALTER TABLE \`stores\` ADD COLUMN \`former_login\` VARCHAR(255) NULL`,
    `CREATE TABLE \`api_keys\` (
      \`id\` BINARY(16) NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`name\` VARCHAR(100) NOT NULL,
      \`secret_hash\` BINARY(32) NOT NULL,
      \`scope\` VARCHAR(16) NOT NULL,
      \`domain\` VARCHAR(255) NULL,
      \`created_at\` BIGINT NOT NULL,
      \`expires_at\` BIGINT NOT NULL,
      \`revoked_at\` BIGINT NULL,
      PRIMARY KEY (\`id\`),
      KEY \`api_keys_tenant\` (\`tenant_id\`)
    ) ${TABLE}`,
    `CREATE TABLE \`audit_log\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`at\` BIGINT NOT NULL,
      \`actor\` VARCHAR(255) NOT NULL,
      \`action\` VARCHAR(64) NOT NULL,
      \`object\` VARCHAR(320) NOT NULL,
      PRIMARY KEY (\`id\`),
      KEY \`audit_log_tenant\` (\`tenant_id\`, \`id\`)
    ) ${TABLE}`,
  ],
};
