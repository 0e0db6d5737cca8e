import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../local/ports.ts';

/** A Dovecot of its own folder: Maildir, fsync as it is shipped, any user with the password `pass`. */
export interface Dovecot {
  version: string;
  lmtp: number;
  imap: number;
  stop(): Promise<void>;
}

const PROGRAM = '/usr/sbin/dovecot';

/** Starts one; installs Debian's packages where they are missing. */
export async function startDovecot(): Promise<Dovecot> {
  if (!existsSync(PROGRAM)) {
    const packages = ['dovecot-imapd', 'dovecot-lmtpd'];
    const installed = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (installed.status !== 0 || !existsSync(PROGRAM)) throw new Error('Dovecot cannot be installed here');
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'pamoja-dovecot-'));
  const [lmtp, imap] = [await freePort(), await freePort()];
  // Mail belongs to a user that is not root: Dovecot delivers for no other.
  const [, , uid, gid] = (/^mail:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0] ?? '').split(':').map(Number);
  for (const name of ['mail', 'home']) {
    mkdirSync(path.join(folder, name));
    chownSync(path.join(folder, name), uid ?? 8, gid ?? 8);
  }
  spawnSync('chmod', ['755', folder]);
  const file = path.join(folder, 'dovecot.conf');
  writeFileSync(file, configuration(folder, lmtp, imap));
  const child = spawn(PROGRAM, ['-F', '-c', file], { stdio: 'ignore' });
  try {
    for (const port of [lmtp, imap]) await answers(port, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`Dovecot does not start: ${readLog(folder)}`, { cause: error });
  }
  const version = spawnSync(PROGRAM, ['--version']).stdout.toString().trim();
  return {
    version,
    lmtp,
    imap,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(5000).then(() => child.kill('SIGKILL'))]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const configuration = (folder: string, lmtp: number, imap: number): string => `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_max_userip_connections = 100
postmaster_address = postmaster@bench.test
mail_location = maildir:${folder}/mail/%u
passdb {
  driver = static
  args = password=pass
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/home/%u allow_all_users=yes
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtp}
  }
}
service imap-login {
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = 0
  }
}
`;

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error('it has ended');
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await sleep(50);
  }
  throw new Error(`it does not listen on ${port}`);
}

function readLog(folder: string): string {
  const log = path.join(folder, 'log');
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-500) : 'it says nothing';
}
