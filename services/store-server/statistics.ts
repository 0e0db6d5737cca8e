import { listUsersOf } from '../../shared/directory/people.ts';
import type { Call } from './operations/operation.ts';

/** Name, description and value of each figure of this task (manual, kopano-stats --system). */
export async function statisticsOf({
  context,
  session,
}: Call): Promise<[name: string, description: string, value: string][]> {
  const users = await listUsersOf(context.store.db, session.caller.administers);
  const count = (test: (user: (typeof users)[number]) => boolean) => String(users.filter(test).length);
  const memory = process.memoryUsage();
  return [
    ['server_start_date', 'Time when the server was started', new Date(context.startedAt).toUTCString()],
    ['server_guid', 'GUID of the server', context.serverGuid.toString('hex').toUpperCase()],
    ['sessions', 'Number of sessions', String(context.sessions.size)],
    [
      'requests',
      'Number of requests of the sessions that are open',
      String(context.sessions.list().reduce((sum, { requests }) => sum + requests, 0)),
    ],
    ['memory_resident', 'Resident memory in bytes', String(memory.rss)],
    ['memory_heap', 'Heap in use in bytes', String(memory.heapUsed)],
    ['usercnt_room', 'Number of rooms', count(({ type }) => type === 'room')],
    ['usercnt_contact', 'Number of contacts', '0'],
    ['usercnt_nonactive', 'Number of non-active users, rooms and equipment', count(({ active }) => !active)],
    ['usercnt_active', 'Number of active users', count(({ active, type }) => active && type === 'user')],
    ['usercnt_na_user', 'Number of non-active users', count(({ active, type }) => !active && type === 'user')],
    ['usercnt_equipment', 'Number of equipment', count(({ type }) => type === 'equipment')],
  ];
}
