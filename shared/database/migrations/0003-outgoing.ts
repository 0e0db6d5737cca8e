import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Mail on its way out (DESIGN decision 7), the keys that sign it, and the limits of its senders. A limit of 0 is the configured one. */
export const outgoing: Migration = {
  number: 3,
  name: 'outgoing',
  statements: [
    // The id is that of the message, which stays in the Outbox until it is sent. `enqueued_at` is set while the queue knows of it.
    `CREATE TABLE \`outgoing_queue\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`store_id\` BIGINT UNSIGNED NOT NULL,
      \`id\` BINARY(16) NOT NULL,
      \`sender\` VARCHAR(320) NOT NULL,
      \`subject\` VARCHAR(255) NOT NULL,
      \`recipients\` MEDIUMTEXT NOT NULL,
      \`size\` INT UNSIGNED NOT NULL,
      \`submitted_at\` BIGINT NOT NULL,
      \`expires_at\` BIGINT NOT NULL,
      \`next_try_at\` BIGINT NOT NULL,
      \`tries\` INT UNSIGNED NOT NULL DEFAULT 0,
      \`enqueued_at\` BIGINT NULL,
      \`claimed_until\` BIGINT NOT NULL DEFAULT 0,
      \`claim\` BINARY(16) NULL,
      \`held\` TINYINT NOT NULL DEFAULT 0,
      \`last_error\` VARCHAR(500) NOT NULL DEFAULT '',
      PRIMARY KEY (\`store_id\`, \`id\`),
      KEY \`outgoing_tenant\` (\`tenant_id\`, \`id\`),
      KEY \`outgoing_due\` (\`tenant_id\`, \`held\`, \`enqueued_at\`, \`next_try_at\`)
    ) ${TABLE}`,
    `CREATE TABLE \`dkim_keys\` (
      \`domain\` VARCHAR(255) NOT NULL,
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`selector\` VARCHAR(63) NOT NULL,
      \`private_key\` TEXT NOT NULL,
      \`public_key\` TEXT NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      PRIMARY KEY (\`domain\`),
      KEY \`dkim_keys_tenant\` (\`tenant_id\`)
    ) ${TABLE}`,
    `ALTER TABLE \`tenants\`
      ADD COLUMN \`max_groups\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`max_hourly_messages\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`max_recipients\` INT UNSIGNED NOT NULL DEFAULT 0,
      ADD COLUMN \`max_message_bytes\` BIGINT NOT NULL DEFAULT 0`,
  ],
};
