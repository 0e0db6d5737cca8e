import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isFree } from '../../scripts/local/ports.ts';

const run = promisify(execFile);

export interface PostfixOptions {
  /** Where it takes mail. */
  port: number;
  /** Domains that it hands to LMTP, as a provider's own mail server does. */
  domains: readonly string[];
  lmtpPort: number;
  /** Where all other mail goes. */
  relayPort: number;
}

/** A private Postfix (Debian's package), as a provider's relay: local domains over LMTP, everything else onwards. Needs root. */
export async function startPostfix(options: PostfixOptions): Promise<{ stop(): Promise<void>; directory: string }> {
  const directory = mkdtempSync(path.join(tmpdir(), 'pamoja-postfix-'));
  chmodSync(directory, 0o755);
  const at = (name: string) => path.join(directory, name);
  for (const name of ['etc', 'queue', 'data']) mkdirSync(at(name));
  await run('chown', ['postfix', at('data')]);
  writeFileSync(
    at('etc/main.cf'),
    `compatibility_level = 3.6
queue_directory = ${at('queue')}
data_directory = ${at('data')}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
smtp_host_lookup = native
lmtp_host_lookup = native
relayhost = [127.0.0.1]:${options.relayPort}
relay_domains = ${options.domains.join(' ')}
transport_maps = inline:{${options.domains.map((domain) => ` {${domain} = lmtp:inet:127.0.0.1:${options.lmtpPort}}`).join('')} }
minimal_backoff_time = 2s
queue_run_delay = 2s
maillog_file_prefixes = ${directory}
maillog_file = ${at('log')}
`,
  );
  const service = (name: string, type: string, privacy: string, command = name) =>
    `${name} ${type} ${privacy} - n - - ${command}`;
  writeFileSync(
    at('etc/master.cf'),
    [
      `127.0.0.1:${options.port} inet n - n - - smtpd`,
      'cleanup unix n - n - 0 cleanup',
      ...['bounce', 'defer', 'trace'].map((name) => `${name} unix - - n - 0 bounce`),
      ...['rewrite', 'verify'].map((name) => service(name, 'unix', '-', name === 'rewrite' ? 'trivial-rewrite' : name)),
      'pickup unix n - n 60 1 pickup',
      'qmgr unix n - n 2 1 qmgr',
      'tlsmgr unix - - n 1000? 1 tlsmgr',
      'flush unix n - n 1000? 0 flush',
      'proxymap unix - - n - - proxymap',
      ...['smtp', 'lmtp', 'error', 'retry', 'discard'].map((name) =>
        service(name, 'unix', '-', name === 'retry' ? 'error' : name),
      ),
      'anvil unix - - n - 1 anvil',
      'scache unix - - n - 1 scache',
      'postlog unix-dgram n - n - 1 postlogd',
      '',
    ].join('\n'),
  );
  const postfix = (command: string) => run('/usr/sbin/postfix', ['-c', at('etc'), command]);
  await postfix('start');
  for (let tries = 0; await isFree(options.port); tries++) {
    if (tries > 100) throw new Error(`postfix does not listen; its log is ${at('log')}`);
    await sleep(100);
  }
  return {
    directory,
    async stop() {
      await postfix('abort').catch(() => {
        // A postfix that has ended by itself cannot be aborted, and need not be.
      });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
