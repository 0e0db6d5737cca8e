import { chmodSync, chownSync, readFileSync } from 'node:fs';

// Node cannot read the uid of the peer of a local socket (SO_PEERCRED). The mode of the socket file takes its place: only the users that its owner
// and mode admit can connect, and these are the users in `local_admin_users`.

/** The uids of the named users, from /etc/passwd. */
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

/** Gives the socket file to the users who may be SYSTEM. Every client that connects is trusted, since no other user can connect. */
export function protectSocket(path: string, names: string): void {
  const uids = uidsOf(names);
  chmodSync(path, 0o600);
  const own = process.getuid?.() ?? 0;
  const other = uids.find((uid) => uid !== 0 && uid !== own);
  // Root connects whatever the mode is; of the other users, one can own the file.
  if (own === 0 && other !== undefined && !uids.includes(own)) chownSync(path, other, 0);
}
