import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../shared/database/database.ts';
import { ImapClient } from './clients/imap-client.ts';
import { startSmtpSink } from './clients/smtp-sink.ts';
import { SubmissionClient } from './clients/submission-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Submits messages while spooler, sweeper, submission and MariaDB are killed at random moments. Afterwards every recipient of every message
// that was answered 250 must have it once, Sent Items must hold each of them once, and the queue must be empty.

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const MESSAGES = values.quick ? 240 : 1000;
const KILLS = values.quick ? 8 : 32;
const SENDERS = 4;
const DOMAIN = 'spool.test';
const USERS = ['anna', 'bert', 'cleo'];
const VICTIMS = ['spooler', 'mariadb', 'sweeper', 'submission'] as const;

/**
 * Milliseconds around the relay's reply within which a dying spooler may not have received or recorded it: a relay accepts a complete
 * message although its client no longer listens (RFC 1047). A busy machine delays both sides.
 */
const DOUBT_MS = 1000;

const sink = await startSmtpSink();
const stack = await startTemporaryStack({
  options: {
    smtp_server: '127.0.0.1',
    smtp_port: sink.port,
    queue_retry_delay: 1,
    queue_claim_seconds: 4,
    queue_resend_after: 3,
    queue_window: 40,
    // Few at a time, so that a kill leaves few in doubt.
    max_threads: 2,
  },
  retryFactor: 900,
});
const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 2 });
let status = 1;
try {
  await stack.tenant(DOMAIN, USERS);
  const port = stack.port('submission', 'submissions');

  /** The first attempt for every eighth recipient is refused temporarily, as greylisting does. */
  const seen = new Set<string>();
  let tries = 0;
  sink.answer = (recipient) => {
    if (++tries % 8 !== 0 || seen.has(recipient)) return undefined;
    seen.add(recipient);
    return { code: 451, text: '4.7.1 greylisted' };
  };

  // About as long as a relay takes to make a message durable.
  sink.workMs = () => randomInt(10, 60);

  const submitted = new Set<number>();
  const unknown = new Set<number>();
  const kills: { victim: string; began: number; ended: number; ran: number }[] = [];
  let next = 0;
  let sweeping = true;
  const mayGoOn = (n: number) => kills.length >= KILLS || n * (KILLS + 1) <= MESSAGES * (kills.length + 1);

  const send = async () => {
    let client: SubmissionClient | undefined;
    while (next < MESSAGES) {
      if (!mayGoOn(next)) {
        await sleep(5);
        continue;
      }
      const n = next++;
      const user = `${USERS[n % USERS.length]}@${DOMAIN}`;
      // A temporary refusal is retried, as a mail client does.
      for (let code: number | undefined = 451; code === 451; ) {
        try {
          client ??= await SubmissionClient.open(port, user, 'pass');
        } catch {
          await sleep(50);
          continue;
        }
        code = await client.send(user, recipientsOf(n), message(n, user));
        if (code === 250) submitted.add(n);
        else if (code === undefined) unknown.add(n);
        else await sleep(50);
        client.close();
        client = undefined;
      }
    }
  };

  const kill = async () => {
    while (kills.length < KILLS && next < MESSAGES) {
      await sleep(randomInt(50, 400));
      const victim = VICTIMS[kills.length % VICTIMS.length] ?? 'spooler';
      let began = performance.now();
      let ran = 1;
      if (victim === 'mariadb') process.kill(stack.database.pid(), 'SIGKILL');
      else if (victim === 'submission') process.kill(stack.containers.get('submission')?.pid() ?? 0, 'SIGKILL');
      else if (victim === 'sweeper') ran = await stack.killFunction('Sweeper');
      else ({ ran, began } = await killWorkingSpooler());
      kills.push({ victim, began, ended: performance.now(), ran });
      await sleep(victim === 'mariadb' ? 1000 : 300);
    }
  };

  /** A spooler that is sending, if there is one within a second. */
  const killWorkingSpooler = async (): Promise<{ ran: number; began: number }> => {
    for (let tries = 0; tries < 200; tries++) {
      const began = performance.now();
      const ran = await stack.killFunction('Spooler');
      if (ran > 0) return { ran, began };
      await sleep(5);
    }
    return { ran: 0, began: performance.now() };
  };

  const sweep = async () => {
    while (sweeping) {
      await stack.fire('Sweep').catch(() => {
        // The sweeper and its database are killed while they run: the next sweep does the work.
      });
      await sleep(700);
    }
  };

  const sweeper = sweep();
  await Promise.all([kill(), ...Array.from({ length: SENDERS }, send)]);
  const queued = await waitForEmptyQueue();
  sweeping = false;
  await sweeper;

  const copies = new Map<string, number[]>();
  for (const { recipients, bytes, at } of sink.messages)
    for (const recipient of recipients) {
      const copy = `${numberOf(bytes)}/${recipient}`;
      copies.set(copy, [...(copies.get(copy) ?? []), at]);
    }
  const sent = new Map<number, number>();
  for (const user of USERS) for (const n of await sentItems(user)) sent.set(n, (sent.get(n) ?? 0) + 1);

  const all = [...submitted].flatMap((n) => recipientsOf(n).map((recipient) => `${n}/${recipient}`));
  const lost = all.filter((copy) => !copies.has(copy));
  const repeated = [...copies].filter(([, times]) => times.length > 1);
  const deaths = kills.filter(({ victim, ran }) => victim === 'spooler' && ran > 0);
  const inDoubt = repeated.filter(([, times]) =>
    times
      .slice(0, -1)
      .every((time) => deaths.some(({ began, ended }) => time > began - DOUBT_MS && time < ended + DOUBT_MS)),
  );
  const twice = repeated.length - inDoubt.length;
  const wrongSent = [...submitted].filter((n) => sent.get(n) !== 1).length;
  const unexpected = [...sent].filter(([n, count]) => count > 1 || !(submitted.has(n) || unknown.has(n))).length;
  const problems = await stack.fsck();
  for (const line of [...lost.slice(0, 5), ...repeated.slice(0, 5), ...problems.slice(0, 5)])
    console.log(JSON.stringify(line));
  if (inDoubt.length > 0)
    console.log(
      `${inDoubt.length} received twice: a spooler was killed before it had received or recorded the relay's reply (RFC 1047)`,
    );
  const once = all.filter((copy) => copies.get(copy)?.length === 1).length;
  console.log(
    `${kills.length} kills (${kills.filter(({ victim, ran }) => victim === 'spooler' && ran > 0).length} of a running spooler), ${all.length} copies for ${submitted.size} messages: ${once} received once; Sent Items: ${wrongSent} wrong, ${unexpected} unexpected; queue: ${queued}; fsck: ${problems.length} problems`,
  );
  const received = [...submitted].filter((n) =>
    recipientsOf(n).every((recipient) => copies.get(`${n}/${recipient}`)?.length === 1),
  ).length;
  const doubt = inDoubt.length > 0 ? `, ${inDoubt.length} in doubt` : '';
  console.log(
    `spool-test: ${submitted.size} submitted, ${received} received once, ${lost.length} lost, ${twice} twice${doubt}`,
  );
  status =
    lost.length + twice + wrongSent + unexpected + queued + problems.length === 0 && kills.length >= KILLS ? 0 : 1;
} finally {
  await db.destroy();
  await stack.stop();
  await sink.stop();
}
process.exit(status);

function recipientsOf(n: number): string[] {
  return Array.from({ length: 1 + (n % 3) }, (_, i) => `r${n}-${i}@out.test`);
}

function message(n: number, from: string): Buffer {
  return Buffer.from(
    `From: ${from}\r\nTo: undisclosed\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nMessage-ID: <${n}@${DOMAIN}>\r\nSubject: message ${n}\r\n\r\ntext of ${n}\r\n`,
  );
}

function numberOf(bytes: Buffer): number {
  return Number(/^Message-ID: <(\d+)@/m.exec(bytes.toString('latin1'))?.[1]);
}

async function waitForEmptyQueue(): Promise<number> {
  for (let tries = 0; ; tries++) {
    const left = await db
      .selectFrom('outgoing_queue')
      .select('id')
      .execute()
      .then(
        (rows) => rows.length,
        () => -1,
      );
    if (left === 0 || tries > 300) return left;
    await sleep(200);
  }
}

async function sentItems(user: string): Promise<number[]> {
  const client = await ImapClient.open(stack.port('gateway', 'imaps'), `${user}@${DOMAIN}`, 'pass');
  const bodies = await client.bodies('Sent Items');
  client.close();
  return [...bodies.values()].map(numberOf);
}
