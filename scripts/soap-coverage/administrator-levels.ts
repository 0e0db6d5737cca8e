import { userId } from './directory.ts';
import type { Environment } from './environment.ts';

const [COMPANY, SYSTEM] = [1, 2];

/** An administrator of a company must not become one of the system. Gives the attempts that were not refused. */
export async function checkAdministratorLevels({ system, boss, directory }: Environment): Promise<string[]> {
  const failures: string[] = [];
  const higher = await directory.userOf('cleo@b.test');
  await system.call('setUser', { lpsUser: { ...higher, ulIsAdmin: SYSTEM } });
  const own = await directory.userOf('boss@b.test');
  if (own.ulIsAdmin !== COMPANY) failures.push('setUser: boss is no administrator of a company');
  const attempts = {
    'the password of an administrator of the system': { ...higher, ulIsAdmin: SYSTEM, lpszPassword: 'taken over' },
    'a level of their own': { ...own, ulIsAdmin: SYSTEM },
  };
  for (const [what, lpsUser] of Object.entries(attempts))
    if ((await boss.call('setUser', { lpsUser })).result === 0)
      failures.push(`setUser: an administrator of a company set ${what}`);
  if ((await boss.call('deleteUser', { sUserId: userId(higher) })).result === 0)
    failures.push('deleteUser: an administrator of a company deleted one of the system');
  return failures;
}
