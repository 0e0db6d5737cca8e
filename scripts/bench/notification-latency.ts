import { setTimeout as sleep } from 'node:timers/promises';
import { LineClient } from '../clients/line-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import type { Figures } from './figures.ts';

const MESSAGE = Buffer.from('From: sender@peer.test\r\nSubject: news\r\n\r\nnews\r\n');

/** Measures the time from the answer to a delivery until a waiting client is notified. `user` has the password `pass`. */
export async function measureNotificationLatency(
  figures: Figures,
  stack: TemporaryStack,
  user: string,
  count: number,
): Promise<void> {
  const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  const other = await logIn(stack.port('gateway', 'imap'), user);
  const deliver = async () => {
    await lmtp.send([user], MESSAGE);
  };
  const append = () => run(other, `APPEND INBOX {${MESSAGE.length}+}\r\n${MESSAGE}`);
  for (const [told, ask, expected] of [
    ['IDLE', 'SELECT INBOX', /^\* \d+ EXISTS/],
    ['NOTIFY', 'NOTIFY SET (inboxes (MessageNew MessageExpunge))', /^\* STATUS "INBOX"/],
  ] as const)
    for (const [by, bring, aim] of [
      ['a delivery by another process', deliver, 250],
      ['an APPEND in the same process', append, 50],
    ] as const) {
      const client = await logIn(stack.port('gateway', 'imap'), user);
      await run(client, ask);
      client.write('i IDLE\r\n');
      while (!(await client.line()).startsWith('+'));
      const times: number[] = [];
      for (let i = 0; i < count; i++) {
        const heard = (async () => {
          while (!expected.test(await client.line()));
          return performance.now();
        })();
        await bring();
        const answered = performance.now();
        times.push(Math.max((await heard) - answered, 0));
        await sleep(5);
      }
      client.close();
      times.sort((a, b) => a - b);
      const at = (share: number) => Number((times[Math.ceil(times.length * share) - 1] ?? 0).toFixed(1));
      figures.report({
        figure: `a client in ${told} hears of ${by}, 99th percentile of ${count}`,
        value: at(0.99),
        unit: 'ms',
        p50: at(0.5),
        aim,
        met: at(0.99) <= aim,
      });
    }
  lmtp.close();
  other.close();
}

/** A minimal IMAP client, logged in. */
export async function logIn(port: number, user: string): Promise<LineClient> {
  const client = await LineClient.open(port);
  await client.line();
  await run(client, `LOGIN ${user} pass`);
  return client;
}

/** Sends a command and skips the untagged responses; throws for NO and BAD. */
export async function run(client: LineClient, command: string): Promise<void> {
  client.write(`a ${command}\r\n`);
  for (let line = ''; !line.startsWith('a '); ) {
    line = await client.line();
    if (line.startsWith('a ') && !line.startsWith('a OK')) throw new Error(`${command}: ${line}`);
  }
}
