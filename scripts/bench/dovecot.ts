import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LineClient } from '../clients/line-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../local/temporary.ts';
import { ratioToDovecot, type Server } from './dovecot-ratio.ts';
import { startDovecot } from './dovecot-server.ts';
import type { Figures } from './figures.ts';
import { mailload } from './mailload.ts';
import { logIn, measureNotificationLatency, run } from './notification-latency.ts';

const DOMAIN = 'bench.test';
/** Messages to many users in a round. */
const TO_MANY = 8;

/** The same load on this system and on Dovecot in turns; a ratio above 1 means that this system is faster. */
export async function benchDovecot(figures: Figures, quick: boolean): Promise<void> {
  const scale = quick ? 1 : 4;
  const listed = quick ? 2000 : 20_000;
  const stack = await startTemporaryStack({ options: { disable_plaintext_auth: 'no' } });
  const dovecot = await startDovecot().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  try {
    const users = Array.from({ length: 10 }, (_, i) => `user${i + 1}`);
    await stack.tenant(DOMAIN, [...users, 'lister']);
    const ours: Server = { lmtp: stack.port('lmtp', 'lmtp'), imap: stack.port('gateway', 'imap') };
    const servers = [ours, dovecot] as const;
    const compare = ratioToDovecot(figures, ours, dovecot);
    const deliver = (conns: number, count: number, size: number, one?: string) => async (server: Server) => {
      const run = await mailload<{ per_s: number; errs: object }>(
        'lmtp',
        ...['--port', String(server.lmtp), '--domain', DOMAIN, '--conns', String(conns), '--count', String(count)],
        ...['--size', String(size), ...(one ? ['--one', one] : [])],
      );
      if (Object.keys(run.errs).length > 0) throw new Error(`LMTP: ${JSON.stringify(run.errs)}`);
      return run.per_s;
    };
    type Times = { n: number; fetch_ms: number; select_ms: number };
    const fetch = (what: string, key: 'fetch_ms' | 'select_ms') => async (server: Server) => {
      const { runs } = await mailload<{ runs: Times[] }>(
        'fetch',
        ...['--port', String(server.imap), '--user', `lister@${DOMAIN}`, '--what', what, '--repeat', '4'],
      );
      if (runs.some(({ n }) => n !== listed)) throw new Error(`${runs[0]?.n} messages listed, not ${listed}`);
      // The first run is cold; of the others, the fastest is the least disturbed by other work of the machine.
      return 1 / Math.max(Math.min(...runs.slice(1).map((run) => run[key])), 0.1);
    };

    for (const server of servers) {
      await deliver(4, 200, 4096)(server);
      await deliver(8, listed, 4096, `lister@${DOMAIN}`)(server);
    }
    await compare('lmtp 4 KB, 1 connection', deliver(1, 150 * scale, 4096), 1);
    await compare('lmtp 4 KB, 4 connections', deliver(4, 400 * scale, 4096), 1);
    await compare('lmtp 4 KB, 16 connections', deliver(16, 800 * scale, 4096), 1);
    await compare('lmtp 1 MB, 4 connections', deliver(4, 15 * scale, 1_000_000), 1);
    const many = Array.from({ length: 30 }, (_, i) => `many${i + 1}`);
    await stack.tenant(`many.${DOMAIN}`, many);
    await compare('the same 1 MB to 30 users', sendToMany(many.map((name) => `${name}@many.${DOMAIN}`)), 3);
    await compare(`select of ${listed}, warm`, fetch('(UID)', 'select_ms'), 1);
    await compare(`fetch FLAGS of ${listed}, warm`, fetch('(FLAGS)', 'fetch_ms'), 1);
    await compare(`fetch FLAGS ENVELOPE of ${listed}, warm`, fetch('(FLAGS ENVELOPE)', 'fetch_ms'), 1);
    const fields = 'From To Cc Subject Date Message-ID References In-Reply-To Content-Type Reply-To X-Priority';
    await compare(
      `fetch of header fields of ${listed}, warm`,
      fetch(`(FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (${fields})])`, 'fetch_ms'),
      1,
    );
    // The driver of the listings joins all that it has for every piece that comes: too much for these.
    await compare('fetch BODY.PEEK[] of 2000, warm', timed('FETCH 1:2000 BODY.PEEK[]'), 1);
    await compare(`search TEXT in ${listed}`, timed('SEARCH TEXT nowhere-to-be-found'), 1);
    await measureIdle(figures, stack, users, quick ? 1000 : 10_000);
    await measureNotificationLatency(figures, stack, `user1@${DOMAIN}`, quick ? 20 : 200);
  } finally {
    await dovecot.stop();
    await stack.stop();
  }
}

/** Deliveries a second of messages that each go to all of some users. */
const sendToMany = (recipients: readonly string[]) => async (server: Server) => {
  let seconds = 0;
  for (let i = 0; i < TO_MANY; i++) seconds += await sendOnce(server, recipients);
  return (TO_MANY * recipients.length) / seconds;
};

/** Seconds from the first command to the last answer. */
async function sendOnce(server: Server, recipients: readonly string[]): Promise<number> {
  const body = randomBytes(730_000).toString('base64').replace(/.{76}/g, '$&\r\n');
  const message = Buffer.from(
    `From: sender@peer.test\r\nSubject: to all\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`,
  );
  const client = await LineClient.open(server.lmtp);
  const reply = async () => {
    for (;;) {
      const line = await client.line();
      if (line[3] === '-') continue;
      if (!/^[23]/.test(line)) throw new Error(`LMTP: ${line}`);
      return;
    }
  };
  await reply();
  client.write('LHLO bench.test\r\n');
  await reply();
  const began = performance.now();
  // As a mail server does where it may: both offer PIPELINING.
  const commands = ['MAIL FROM:<sender@peer.test>', ...recipients.map((each) => `RCPT TO:<${each}>`), 'DATA'];
  client.write(`${commands.join('\r\n')}\r\n`);
  for (const _ of commands) await reply();
  client.write(message);
  client.write('.\r\n');
  for (const _ of recipients) await reply();
  const seconds = (performance.now() - began) / 1000;
  client.close();
  return seconds;
}

/** How often a second a command about the large mailbox could be run. */
const timed = (command: string) => async (server: Server) => {
  const client = await logIn(server.imap, `lister@${DOMAIN}`);
  await run(client, 'SELECT INBOX');
  const began = performance.now();
  await run(client, command);
  const seconds = (performance.now() - began) / 1000;
  client.close();
  return 1 / seconds;
};

/** Memory of the gateway for each client that waits with its inbox selected. */
async function measureIdle(
  figures: Figures,
  stack: TemporaryStack,
  users: readonly string[],
  count: number,
): Promise<void> {
  const pid = stack.containers.get('gateway')?.pid() ?? 0;
  const residentKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const port = stack.port('gateway', 'imap');
  const before = residentKb();
  const clients: LineClient[] = [];
  for (let i = 0; i < count; i += 20)
    clients.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(20, count - i) }, async (_, k) => {
          const client = await logIn(port, `${users[(i + k) % users.length]}@${DOMAIN}`);
          await run(client, 'SELECT INBOX');
          client.write('i IDLE\r\n');
          await client.line();
          return client;
        }),
      )),
    );
  const each = (residentKb() - before) / count;
  for (const client of clients) client.close();
  const value = Number(each.toFixed(1));
  // 10,000 of them in 1 GB. A thousand say little: most of what they cost is room that the process has taken for good.
  const aim = count >= 10_000 ? { aim: 100, met: value <= 100 } : {};
  figures.report({ figure: `memory for each of ${count} idle clients`, value, unit: 'KB', ...aim });
}
