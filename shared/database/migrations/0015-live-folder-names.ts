import type { Migration } from '../migration.ts';

/**
 * Only live folders need names of their own: a deleted one has none here (null), and any number of nulls fit into a unique key. Before, two
 * folders of one name that were deleted for good collided until the next purge.
 */
export const liveFolderNames: Migration = {
  number: 15,
  name: 'live-folder-names',
  statements: [
    `ALTER TABLE \`folders\`
      ADD COLUMN \`live_name\` VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        GENERATED ALWAYS AS (IF(\`deleted_at\` = 0, \`name\`, NULL)) VIRTUAL`,
    `ALTER TABLE \`folders\` ADD UNIQUE KEY \`folders_live_name\` (\`store_id\`, \`parent_id\`, \`live_name\`)`,
    `ALTER TABLE \`folders\` DROP KEY \`folders_name\``,
  ],
};
