import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ImapClient } from './clients/imap-client.ts';
import { LmtpClient } from './clients/lmtp-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Delivers messages while LMTP, the gateway and MariaDB are killed (-9) at random moments. Afterwards every message that was
// answered 250 must be stored exactly once, every other one at most once, and counters and blobs must be right.

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const MESSAGES = values.quick ? 400 : 2000;
const KILLS = values.quick ? 8 : 32;
const SENDERS = 4;
const USERS = Array.from({ length: 6 }, (_, i) => `u${i}`);
const DOMAIN = 'kill.test';

const stack = await startTemporaryStack({ options: { attachment_inline_max: '8K' } });
let status = 1;
try {
  await stack.tenant(DOMAIN, USERS);
  const lmtpPort = stack.port('lmtp', 'lmtp');
  const imapPort = stack.port('gateway', 'imaps');

  /** `message/user` of each copy that was answered 250. */
  const answered = new Set<string>();
  let next = 0;
  let killing = true;
  /** The last messages wait for the last kill, so that every kill happens during deliveries. */
  const mayGoOn = (n: number, kills: number) => !killing || n * (KILLS + 1) <= MESSAGES * (kills + 1);
  let kills = 0;

  const send = async () => {
    let client: LmtpClient | undefined;
    while (next < MESSAGES) {
      if (!mayGoOn(next, kills)) {
        await sleep(5);
        continue;
      }
      const n = next++;
      let recipients = USERS.filter((_, i) => (n + i) % 4 === 0 || i === n % USERS.length);
      // A temporary refusal is retried, as a mail server does.
      while (recipients.length > 0) {
        try {
          client ??= await LmtpClient.open(lmtpPort);
          const replies = await client.send(
            recipients.map((user) => `${user}@${DOMAIN}`),
            message(n),
          );
          for (const [i, reply] of replies.entries())
            if (reply.startsWith('250')) answered.add(`${n}/${recipients[i]}`);
          recipients = recipients.filter((_, i) => replies[i]?.startsWith('4'));
          if (recipients.length > 0) await sleep(50);
        } catch {
          // The outcome is unknown: the message may have been delivered, once.
          if (client) recipients = [];
          client?.close();
          client = undefined;
          await sleep(20);
        }
      }
    }
    client?.close();
  };

  const kill = async () => {
    while (kills < KILLS && next < MESSAGES) {
      await sleep(randomInt(50, 400));
      const victim = ['lmtp', 'gateway', 'mariadb'][kills % 3] ?? 'lmtp';
      const pid = victim === 'mariadb' ? stack.database.pid() : (stack.containers.get(victim)?.pid() ?? 0);
      process.kill(pid, 'SIGKILL');
      kills++;
      await sleep(victim === 'mariadb' ? 1000 : 400);
    }
    killing = false;
  };

  /** A client that reads until the kills are over. */
  const read = async () => {
    while (killing) {
      try {
        const client = await ImapClient.open(imapPort, `${USERS[0]}@${DOMAIN}`, 'pass');
        await client.command('SELECT INBOX');
        await client.command('FETCH 1:* (FLAGS ENVELOPE)');
        client.close();
      } catch {
        // Servers are killed while this client reads: it opens a new connection in the next round.
      }
      await sleep(100);
    }
  };

  await Promise.all([kill(), read(), ...Array.from({ length: SENDERS }, send)]);

  const found = new Map<string, number>();
  for (const user of USERS) {
    for (const body of (await bodiesOf(imapPort, user)).values()) {
      const n = Number(/^Message-ID: <(\d+)@/m.exec(body.toString('latin1'))?.[1]);
      if (!body.equals(message(n))) throw new Error(`message ${n} of ${user} has other bytes`);
      found.set(`${n}/${user}`, (found.get(`${n}/${user}`) ?? 0) + 1);
    }
  }
  const lost = [...answered].filter((copy) => !found.has(copy)).length;
  const twice = [...found.values()].filter((count) => count > 1).length;
  const report = await stack.fsck();
  for (const problem of report.slice(0, 10)) console.log(JSON.stringify(problem));
  console.log(`${kills} kills, ${found.size} copies found, fsck: ${report.length} problems`);
  console.log(
    `kill-test: ${answered.size} answered 250, ${[...answered].filter((copy) => found.has(copy)).length} found, ${lost} lost, ${twice} twice`,
  );
  status = lost + twice + report.length === 0 && kills >= KILLS ? 0 : 1;
} finally {
  await stack.stop();
}
process.exit(status);

/** The nth message; some carry an attachment that others carry too. */
function message(n: number): Buffer {
  const attachment = n % 5 === 0 ? `--b\r\n\r\n${`attachment ${n % 3} `.repeat(1000)}\r\n` : '';
  return Buffer.from(
    `Message-ID: <${n}@${DOMAIN}>\r\nSubject: message ${n}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext of ${n}\r\n${attachment}--b--\r\n`,
  );
}

async function bodiesOf(port: number, user: string): Promise<Map<number, Buffer>> {
  for (let tries = 0; ; tries++) {
    try {
      const client = await ImapClient.open(port, `${user}@${DOMAIN}`, 'pass');
      const bodies = await client.bodies('INBOX');
      client.close();
      return bodies;
    } catch (error) {
      if (tries > 50) throw error;
      await sleep(200);
    }
  }
}
