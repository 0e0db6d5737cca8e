import { Command } from 'commander';

/** Options that take a value. */
type Valued =
  | 'c'
  | 'u'
  | 'd'
  | 'U'
  | 'p'
  | 'e'
  | 'f'
  | 'a'
  | 'n'
  | 'lang'
  | 'company'
  | 'g'
  | 'updateGroup'
  | 'G'
  | 'b'
  | 'B'
  | 'i'
  | 'type'
  | 'addSendas'
  | 'delSendas'
  | 'listSendas'
  | 'qo'
  | 'qw'
  | 'qs'
  | 'qh'
  | 'udqo'
  | 'udqw'
  | 'udqs'
  | 'udqh'
  | 'enableFeature'
  | 'disableFeature'
  | 'updateCompany';

export type AdminOptions = Partial<Record<Valued, string>> & {
  data: string;
  json?: boolean;
  P?: boolean;
  domain?: string[];
};

/** The command line of kopano-admin, with the option names of Kopano's own command (manual, chapter 8). */
export const adminCommand = new Command()
  .name('kopano-admin')
  .description(
    'Manages users, groups and companies (tenants). A user is named by the login; the company is that of its domain, or the one given by -I.',
  )
  .option('-l', 'list users')
  .option('-L', 'list groups')
  .option('-c <user>', 'create a user: with -p or -P (not with -n 1), -e, -f, -a, -n, --lang, --qo, --qw, --qs, --qh')
  .option(
    '-u <user>',
    'update a user: with -U, -p or -P, -e, -f, -a, -n, quota levels, features, --add-sendas, --del-sendas',
  )
  .option('-d <user>', 'delete a user; the store stays and is listed by --list-orphans')
  .option('-U <user>', 'new login of the user given by -u')
  .option('-p <password>', 'password')
  .option('-P', 'ask for the password')
  .option('-e <email>', 'email address')
  .option('-f <name>', 'full name')
  .option('-a <level>', 'administrator: 0 no, 1 of the company, 2 of the system')
  .option('-n <inactive>', '1: a non-active user, who cannot log in')
  .option('-g <group>', 'create a group: with -e, -f')
  .option('--update-group <group>', 'update a group: with -e, -f')
  .option('-G <group>', 'delete a group')
  .option('-b <user>', 'add a user (or a group) to the group given by -i')
  .option('-B <user>', 'remove a user (or a group) from the group given by -i')
  .option('-i <group>', 'the group of -b and -B')
  .option('-s', 'create the public store of the company given by -I')
  .option('--add-sendas <user>', 'let this user send in the name of the one given by -u')
  .option('--del-sendas <user>', 'no longer let this user send in the name of the one given by -u')
  .option('--list-sendas <user>', 'list who may send in the name of a user')
  .option('--lang <locale>', 'language of the folders of a new store')
  .option(
    '--qo <override>',
    '1: use the levels of the user (with --update-company: of the company) instead of the defaults',
  )
  .option('--qw <mb>', 'warning level in MB')
  .option('--qs <mb>', 'soft level in MB')
  .option('--qh <mb>', 'hard level in MB')
  .option('--udqo <override>', '1: the company has default levels for its users')
  .option('--udqw <mb>', 'default warning level in MB')
  .option('--udqs <mb>', 'default soft level in MB')
  .option('--udqh <mb>', 'default hard level in MB')
  .option('--enable-feature <feature>', 'switch a feature on for the user given by -u')
  .option('--disable-feature <feature>', 'switch a feature off')
  .option('--details <name>', 'show a user, or with --type a group or a company')
  .option('--type <type>', 'user, group or company', 'user')
  .option('--user-count', 'count users')
  .option('--list-companies', 'list companies')
  .option('--create-company <name>', 'create a company, with --domain')
  .option(
    '--update-company <name>',
    'update a company: with --qo, --qw, --udqo, --udqw, --udqs, --udqh, quota recipients',
  )
  .option('--delete-company <name>', 'delete a company; it can be restored for 30 days')
  .option('--domain <domain...>', 'mail domains of the new company')
  .option('--add-to-viewlist <company>', 'let a company see the one given by -I')
  .option('--del-from-viewlist <company>', 'no longer let a company see the one given by -I')
  .option('--list-view', 'list who may see the company given by -I')
  .option('--add-to-adminlist <user>', 'let a user administer the company given by -I')
  .option('--del-from-adminlist <user>', 'no longer let a user administer the company given by -I')
  .option('--list-admin', 'list who administers the company given by -I')
  .option('--add-userquota-recipient <user>', 'send a user a copy of the quota mails of all users of the company')
  .option('--del-userquota-recipient <user>', 'no longer send a user these copies')
  .option('--list-userquota-recipients', 'list who gets copies of the quota mails of users')
  .option('--add-companyquota-recipient <user>', 'send a user the quota mails of the company')
  .option('--del-companyquota-recipient <user>', 'no longer send a user the quota mails of the company')
  .option('--list-companyquota-recipients', 'list who gets the quota mails of the company')
  .option('-I, --company <name>', 'the company, when the login does not contain it')
  .option('--list-orphans', 'list stores without users, and users without stores')
  .option('--hook-store <guid>', 'attach an orphaned store to the user given by -u')
  .option('--unhook-store <user>', "detach a user's store; it becomes an orphan")
  .option('--create-store <user>', 'create a store for a user who has none')
  .option('--remove-store <guid>', 'remove an orphaned store after the soft-delete lifetime')
  .option('--purge-softdelete <days>', 'remove items that were deleted more than so many days ago; 0: all')
  .option('--data <folder>', 'data folder of the local stack', '.local')
  .option('--json', 'print JSON');
