import type { Migration } from '../migration.ts';

/** Tables of messages are read page by page in the order in which most clients ask for them. */
export const messageOrder: Migration = {
  number: 6,
  name: 'message-order',
  statements: [
    // delivered_at: PR_MESSAGE_DELIVERY_TIME; 0 for a message that has none, which stands before all others.
    // arrival_uid: the uid with which the message came into its folder. A change gives it another one, and leaves its place in tables.
    `ALTER TABLE \`messages\`
      ADD COLUMN \`delivered_at\` BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN \`arrival_uid\` INT UNSIGNED NOT NULL DEFAULT 0`,
    `UPDATE \`messages\` SET \`delivered_at\` = \`received_at\`, \`arrival_uid\` = \`uid\``,
    // Read backwards it has the latest first, and those of one time in the order in which they came.
    `ALTER TABLE \`messages\`
      ADD KEY \`messages_delivered\` (\`folder_id\`, \`deleted\`, \`delivered_at\`, \`arrival_uid\` DESC, \`tenant_id\`)`,
  ],
};
