import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Groups, send-as, what tenants let each other see and do, quota of tenants, public stores (manual 6.2, 8.1, 8.3). */
export const groups: Migration = {
  number: 4,
  name: 'groups',
  statements: [
    `CREATE TABLE \`groups\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`guid\` BINARY(16) NOT NULL,
      \`name\` VARCHAR(255) NOT NULL,
      \`full_name\` VARCHAR(255) NOT NULL,
      \`email\` VARCHAR(320) NOT NULL,
      \`hidden\` TINYINT NOT NULL DEFAULT 0,
      \`created_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`groups_name\` (\`tenant_id\`, \`name\`)
    ) ${TABLE}`,
    `CREATE TABLE \`group_members\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`group_id\` BIGINT UNSIGNED NOT NULL,
      \`kind\` VARCHAR(8) NOT NULL,
      \`member_id\` BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`group_id\`, \`kind\`, \`member_id\`),
      KEY \`group_members_member\` (\`tenant_id\`, \`kind\`, \`member_id\`)
    ) ${TABLE}`,
    // user_id is whose name is used, delegate_id who may use it.
    `CREATE TABLE \`send_as\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      \`delegate_id\` BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`user_id\`, \`delegate_id\`),
      KEY \`send_as_delegate\` (\`tenant_id\`, \`delegate_id\`)
    ) ${TABLE}`,
    // tenant_id is the tenant that is seen.
    `CREATE TABLE \`company_viewers\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`viewer_tenant_id\` INT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`viewer_tenant_id\`),
      KEY \`company_viewers_viewer\` (\`viewer_tenant_id\`)
    ) ${TABLE}`,
    // tenant_id is the tenant that is administered.
    `CREATE TABLE \`company_admins\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`user_id\`),
      KEY \`company_admins_user\` (\`user_id\`)
    ) ${TABLE}`,
    // Further recipients of quota mails, besides the user or the administrators: kind is user or company (a tenant).
    `CREATE TABLE \`quota_recipients\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`kind\` VARCHAR(8) NOT NULL,
      \`user_id\` BIGINT UNSIGNED NOT NULL,
      PRIMARY KEY (\`tenant_id\`, \`kind\`, \`user_id\`)
    ) ${TABLE}`,
    // An address belongs to a user or to a group.
    `ALTER TABLE \`addresses\`
      MODIFY COLUMN \`user_id\` BIGINT UNSIGNED NULL,
      ADD COLUMN \`group_id\` BIGINT UNSIGNED NULL`,
    `ALTER TABLE \`users\`
      ADD COLUMN \`type\` VARCHAR(16) NOT NULL DEFAULT 'user',
      ADD COLUMN \`hidden\` TINYINT NOT NULL DEFAULT 0`,
    // The tenant's own levels: of all its stores together, and of each of its users (manual 6.2.5).
    `ALTER TABLE \`tenants\`
      ADD COLUMN \`quota_override\` TINYINT NOT NULL DEFAULT 0,
      ADD COLUMN \`quota_warn\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`user_quota_override\` TINYINT NOT NULL DEFAULT 0,
      ADD COLUMN \`user_quota_warn\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`user_quota_soft\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`user_quota_hard\` BIGINT NOT NULL DEFAULT 0`,
    // A public store has no user. `removed_at`: marked for removal, which follows after the soft-delete lifetime (manual 8.2.3).
    `ALTER TABLE \`stores\`
      MODIFY COLUMN \`user_id\` BIGINT UNSIGNED NULL,
      ADD COLUMN \`kind\` VARCHAR(8) NOT NULL DEFAULT 'private',
      ADD COLUMN \`removed_at\` BIGINT NULL`,
    `ALTER TABLE \`folders\` ADD KEY \`folders_deleted\` (\`deleted_at\`)`,
  ],
};
