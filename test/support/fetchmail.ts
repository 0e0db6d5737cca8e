import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { run } from './run.ts';

/** Fetches a user's mail by fetchmail over TLS and returns it; the password is `pass`. */
export async function fetchmail(protocol: 'imap' | 'pop3', port: number, user: string): Promise<string> {
  const home = mkdtempSync(path.join(tmpdir(), 'pamoja-fetchmail-'));
  try {
    writeFileSync(
      `${home}/rc`,
      `poll 127.0.0.1 protocol ${protocol} port ${port} user "${user}" password "pass" ssl sslproto 'auto' no sslcertck mda "cat >> ${home}/mail"\n`,
      { mode: 0o600 },
    );
    const fetched = await run(
      'fetchmail',
      ['-f', `${home}/rc`, '--nodetach', '--nosyslog', '--pidfile', `${home}/pid`],
      { HOME: home, FETCHMAILHOME: home },
    );
    expect(fetched.status, fetched.stderr + fetched.stdout).toBe(0);
    return readFileSync(`${home}/mail`, 'utf8');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
