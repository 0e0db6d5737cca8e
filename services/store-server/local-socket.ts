import { chmodSync, chownSync, readFileSync } from 'node:fs';

// Node does not tell the uid of the peer of a local socket (SO_PEERCRED). What stands in for it is the socket file itself: only those
// users to whom its owner and mode give it can connect, and they are those that `local_admin_users` names.

/** Numbers of the users that are named, as /etc/passwd has them. */
function uidsOf(names: string): number[] {
  const passwd = readFileSync('/etc/passwd', 'utf8');
  return names
    .split(/[\s,]+/)
    .filter(Boolean)
    .flatMap((name) => {
      if (/^\d+$/.test(name)) return [Number(name)];
      const line = passwd.split('\n').find((each) => each.startsWith(`${name}:`));
      return line ? [Number(line.split(':')[2])] : [];
    });
}

/** Gives the file of the local socket to those who may be SYSTEM: who can connect is trusted, since nobody else can. */
export function protectSocket(path: string, names: string): void {
  const uids = uidsOf(names);
  chmodSync(path, 0o600);
  const own = process.getuid?.() ?? 0;
  const other = uids.find((uid) => uid !== 0 && uid !== own);
  // Root connects whatever the mode says; of others one can own the file.
  if (own === 0 && other !== undefined && !uids.includes(own)) chownSync(path, other, 0);
}
