import type { Migration } from '../migration.ts';

/** What a task of the store server marks its session ids with, and what calls that are passed on to it are signed with; null: of the version before. */
export const taskSecret: Migration = {
  number: 18,
  name: 'task-secret',
  statements: [`ALTER TABLE \`soap_tasks\` ADD COLUMN \`secret\` VARBINARY(32) NULL`],
};
