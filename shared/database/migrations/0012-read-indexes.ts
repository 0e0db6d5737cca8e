import type { Migration } from '../migration.ts';

/** Indexes for what was found by reading a folder, a store or a tenant. */
export const readIndexes: Migration = {
  number: 12,
  name: 'read-indexes',
  statements: [
    // Newest first and oldest first, each read forward: MySQL does not read a descending key part backward within a range.
    `ALTER TABLE \`messages\` ADD KEY \`messages_newest\` (\`folder_id\`, \`deleted\`, \`delivered_at\` DESC, \`arrival_uid\`, \`tenant_id\`)`,
    `ALTER TABLE \`messages\` ADD KEY \`messages_oldest\` (\`folder_id\`, \`deleted\`, \`delivered_at\`, \`arrival_uid\`, \`tenant_id\`)`,
    `ALTER TABLE \`messages\` DROP KEY \`messages_delivered\``,
    // Changes of folders among those of messages.
    `ALTER TABLE \`changes\` ADD KEY \`changes_kind\` (\`store_id\`, \`kind\`, \`seq\`)`,
    // A tenant's public store, a user's archive, and what the purge is to remove.
    `ALTER TABLE \`stores\` ADD KEY \`stores_kind\` (\`tenant_id\`, \`kind\`)`,
    `ALTER TABLE \`stores\` ADD KEY \`stores_archive\` (\`archive_user_id\`)`,
    `ALTER TABLE \`stores\` ADD KEY \`stores_removed\` (\`removed_at\`)`,
    // What others have given somebody rights to.
    `ALTER TABLE \`acls\` ADD KEY \`acls_member\` (\`tenant_id\`, \`kind\`, \`member_id\`, \`store_id\`)`,
    `ALTER TABLE \`syncs\` ADD KEY \`syncs_store\` (\`tenant_id\`, \`store_id\`)`,
    // Who a name stands for, by its beginning, in small letters or large ones.
    `ALTER TABLE \`users\` ADD COLUMN \`search_name\` VARCHAR(255) GENERATED ALWAYS AS (LOWER(\`full_name\`)) STORED`,
    `ALTER TABLE \`users\` ADD KEY \`users_search_name\` (\`tenant_id\`, \`search_name\`)`,
    `ALTER TABLE \`users\` ADD KEY \`users_tenant_login\` (\`tenant_id\`, \`login\`)`,
    `ALTER TABLE \`groups\` ADD COLUMN \`search_name\` VARCHAR(255) GENERATED ALWAYS AS (LOWER(\`full_name\`)) STORED`,
    `ALTER TABLE \`groups\` ADD COLUMN \`search_login\` VARCHAR(255) GENERATED ALWAYS AS (LOWER(\`name\`)) STORED`,
    `ALTER TABLE \`groups\` ADD KEY \`groups_search_name\` (\`tenant_id\`, \`search_name\`)`,
    `ALTER TABLE \`groups\` ADD KEY \`groups_search_login\` (\`tenant_id\`, \`search_login\`)`,
    `ALTER TABLE \`addresses\` ADD KEY \`addresses_tenant\` (\`tenant_id\`, \`address\`)`,
    `ALTER TABLE \`addresses\` ADD KEY \`addresses_group\` (\`tenant_id\`, \`group_id\`)`,
  ],
};
