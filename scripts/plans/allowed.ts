/** Statements that read more than they answer, and why they may. `statement` is found in the text, with a question mark for each value. */
export const ALLOWED: { statement: RegExp; reason: string }[] = [
  {
    statement: /^select `id`, `tenant_id` from `stores` where `kind` = \?$/,
    reason: 'a test looks for a store of all tenants',
  },
  {
    statement:
      /from `messages` where `tenant_id` = \? and `store_id` = \? group by `folder_id`, `deleted`|from `message_contents` left join/,
    reason: 'fsck counts everything, on demand',
  },
  {
    statement: /^select COALESCE\(SUM\(`deleted` = \?\), \?\) as `messages`/,
    reason: 'an administrator has a folder counted anew',
  },
  {
    statement: /^select count\(\*\) as `count` from `(users|groups)` where `tenant_id` = \?$/,
    reason: 'the limits of a tenant, when a user or a group is made: an index is counted',
  },
  {
    statement: /^select \* from `(groups|users)` where `hidden` = \? and `search_\w+` (=|like) LOWER\(\?\) limit \?$/,
    reason: 'the system itself resolves a name in all tenants',
  },
  {
    statement: /^select .* from `tenants` where (`state`|\(`state`|`name` > )/,
    reason: 'the list of tenants, for the provider and by schedule: far fewer than mailboxes',
  },
  {
    statement: /^select `address` from `listeners`/,
    reason: 'one row for each program that runs',
  },
  {
    statement:
      /`users`\.`quota_override` = \? THEN `users`\.`quota_warn`[\s\S]* limit \?$|SUM\(`stores`\.`size`\) as `total`/,
    reason: 'the quota monitor looks at all mailboxes, by schedule, some at a time',
  },
  {
    statement: /`outgoing_queue` .*where `subject` = \?$/,
    reason: 'a test looks for a message of its own by the subject',
  },
  {
    statement: /^select count\(\*\) as `n` from `messages` as `messages` FORCE INDEX/,
    reason: 'the position of a row in a table: the index is counted up to it',
  },
  {
    statement: /^select count\(\*\) as `count` from `messages` .*and `uid` > \?$/,
    reason: 'how many messages are recent: the primary key is counted from the first of them',
  },
  {
    statement: /`stores`\.`former_login` is not null|`stores`\.`id` is null order by `users`\.`login`$/,
    reason: 'an administrator lists orphans, or users without a store',
  },
  {
    statement: /^select sum\(`quota_hard`\) as `sum` from `users`/,
    reason: 'the limit of a tenant on bytes, when a user is made or a quota is set',
  },
];
