import { release, version } from 'node:os';
import { listUsersOf } from '../../shared/directory/entries/entries.ts';
import { FNEV } from '../../shared/mapi/notification-events.ts';
import type { CounterName } from './counters.ts';
import type { Call } from './operations/operation.ts';
import { SERVER_VERSION } from './server-identity.ts';

/** Name, description and value of a figure. */
export type Figure = [name: string, description: string, value: string];

/** Seconds with all their digits; every other figure is a whole number. */
const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(18));

/** A time in UTC in the format of ctime(3), which readers of these figures parse; empty for 0. */
export function ctime(ms: number): string {
  if (ms === 0) return '';
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(ms).toUTCString().split(/,? /);
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}

/**
 * The figures of this task that apply to it, with Kopano's names and in Kopano's order (manual, kopano-stats --system). It has no threads,
 * caches, deferred writes or LDAP connections to count.
 */
export async function statisticsOf(call: Call): Promise<Figure[]> {
  const { context } = call;
  const { counters, startedAt, serverGuid } = context;
  const counted = (name: CounterName, description: string): Figure => [name, description, number(counters.of(name))];
  const memory = process.memoryUsage();
  return [
    ['server_start_date', 'Time when the server was started', ctime(startedAt)],
    ['cache_purge_date', 'Time when the cache was cleared', ctime(counters.of('cache_purge_date'))],
    ['config_reload_date', 'Time when the configuration file was reloaded / logrotation (SIGHUP)', ''],
    counted('connections', 'Number of handled incoming connections'),
    counted('redirections', 'Number of redirected requests'),
    counted('soap_request', 'Number of soap requests handled by server'),
    // Requests do not wait in a queue, so the response time is the processing time.
    [
      'response_time',
      'Cumulated response time (includes queue time) of SOAP requests, in seconds.',
      number(counters.of('processing_time')),
    ],
    counted('processing_time', 'Cumulated wallclock time taken to process SOAP requests, in seconds.'),
    ...sqlFigures(counted),
    ['sql_last_fail_time', 'Timestamp of last failed SQL command', ctime(counters.of('sql_last_fail_time'))],
    counted('mwops', 'MAPI Write Operations'),
    counted('mrops', 'MAPI Read Operations'),
    counted('login_password', 'Number of logins through password authentication'),
    counted('login_ssl', 'Number of logins through SSL certificate authentication'),
    ['login_sso', 'Number of logins through Single Sign-on', '0'],
    counted('login_unix', 'Number of logins through Unix socket'),
    counted('login_failed', 'Number of failed logins'),
    counted('sessions_created', 'Number of created sessions'),
    counted('sessions_deleted', 'Number of deleted sessions'),
    counted('sessions_timeout', 'Number of timed-out sessions'),
    ['utsname', 'Pretty platform name', `Linux ${process.arch} ${release()}`],
    ['osrelease', 'Pretty operating system name', version()],
    ['program_name', 'Program name', 'store-server'],
    ['program_version', 'Program version', SERVER_VERSION.split(',').slice(1).join('.')],
    ['server_guid', '', serverGuid.toString('hex').toUpperCase()],
    ['userplugin', 'User backend plugin', 'db'],
    ['attachment_storage', 'Attachment backend type', 's3'],
    ...(await presentFigures(call)),
    ['memory_resident', 'Resident memory in bytes', String(memory.rss)],
    ['memory_heap', 'Heap in use in bytes', String(memory.heapUsed)],
  ];
}

function sqlFigures(counted: (name: CounterName, description: string) => Figure): Figure[] {
  return [
    counted('sql_select', 'Number of SQL Select commands executed'),
    counted('sql_insert', 'Number of SQL Insert commands executed'),
    counted('sql_update', 'Number of SQL Update commands executed'),
    counted('sql_delete', 'Number of SQL Delete commands executed'),
    counted('sql_select_fail', 'Number of failed SQL Select commands'),
    counted('sql_insert_fail', 'Number of failed SQL Insert commands'),
    counted('sql_update_fail', 'Number of failed SQL Update commands'),
    counted('sql_delete_fail', 'Number of failed SQL Delete commands'),
  ];
}

/** Figures of the present: sessions, subscriptions, users. */
async function presentFigures({ context, session }: Call): Promise<Figure[]> {
  const users = await listUsersOf(context.store.db, session.caller.administers);
  const count = (test: (user: (typeof users)[number]) => boolean) => String(users.filter(test).length);
  const groups = new Set(context.sessions.list().map(({ group }) => group));
  const subscriptions = [...groups].flatMap((group) => [...group.subscriptions.values()]);
  const tables = subscriptions.filter(({ mask }) => (mask & FNEV.TABLE_MODIFIED) !== 0).length;
  return [
    ['sessions', 'Number of sessions', String(context.sessions.size)],
    ['sessiongroups', 'Number of session groups', String(groups.size)],
    ['object_subscr', 'Objects subscribed', String(subscriptions.length - tables)],
    ['tables_subscr', 'Tables subscribed', String(tables)],
    ['usercnt_room', 'Number of rooms', count(({ type }) => type === 'room')],
    ['usercnt_contact', 'Number of contacts', '0'],
    ['usercnt_nonactive', 'Number of total non-active objects', count(({ active }) => !active)],
    ['usercnt_active', 'Number of active users', count(({ active, type }) => active && type === 'user')],
    ['usercnt_na_user', 'Number of non-active users', count(({ active, type }) => !active && type === 'user')],
    ['usercnt_equipment', 'Number of equipment', count(({ type }) => type === 'equipment')],
  ];
}
