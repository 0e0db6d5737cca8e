import { readFileSync } from 'node:fs';
import type { LineClient } from '../clients/line-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import { startTemporaryStack } from '../local/temporary.ts';
import { ratioToDovecot, type Server } from './dovecot-ratio.ts';
import { startDovecot } from './dovecot-server.ts';
import type { Figures } from './figures.ts';
import { logIn, run } from './notification-latency.ts';

const DOMAIN = 'bench.test';
const USER = `searcher@${DOMAIN}`;

/** At least two thirds of Dovecot's speed. */
const AIM = 0.67;

/** Searches of mail clients, by the index that they need. */
const SEARCHES = [
  'SUBJECT "report 7"',
  'FROM "user17"',
  'TO "list3"',
  'SENTSINCE 1-Mar-2026',
  'SINCE 1-Jan-2020 LARGER 100',
  'OR SUBJECT "caf" FROM "user17"',
  'HEADER Message-ID "<100@"',
];

/** Searches of a large mailbox, and the sections of one message with thousands of parts, beside Dovecot. */
export async function benchSearch(figures: Figures, quick: boolean): Promise<void> {
  const count = quick ? 4000 : 16_000;
  const stack = await startTemporaryStack({ durable: false, options: { disable_plaintext_auth: 'no' } });
  const dovecot = await startDovecot().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  const clients: LineClient[] = [];
  try {
    await stack.tenant(DOMAIN, ['searcher']);
    const ours: Server = { lmtp: stack.port('lmtp', 'lmtp'), imap: stack.port('gateway', 'imap') };
    const compare = ratioToDovecot(figures, ours, dovecot);
    const sessions = new Map<Server, LineClient>();
    for (const server of [ours, dovecot]) {
      await fill(server, count);
      const client = await logIn(server.imap, USER);
      await run(client, 'SELECT INBOX');
      sessions.set(server, client);
      clients.push(client);
    }
    const timed = (command: string) => async (server: Server) => {
      const client = sessions.get(server);
      if (!client) throw new Error('no session');
      const began = performance.now();
      await run(client, command);
      return 1000 / (performance.now() - began);
    };
    for (const search of SEARCHES) {
      for (const server of [ours, dovecot]) await timed(`SEARCH ${search}`)(server);
      await compare(`search ${search} in ${count}, warm`, timed(`SEARCH ${search}`), AIM);
    }
    const sections = Array.from({ length: 40 }, (_, i) => `BODY.PEEK[${70 * i + 1}]`);
    const together = `FETCH * (${sections.join(' ')})`;
    for (const server of [ours, dovecot]) await timed(together)(server);
    await compare('40 sections of one message in one command, warm', timed(together), AIM);
    await compare('40 sections of one message, one by one, warm', inTurn(sections, timed), AIM);
    const pid = stack.containers.get('gateway')?.pid() ?? 0;
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    figures.report({ figure: 'memory of the gateway after it', value: Math.round(resident), unit: 'MB' });
  } finally {
    for (const client of clients) client.close();
    await dovecot.stop();
    await stack.stop();
  }
}

const inTurn =
  (sections: readonly string[], timed: (command: string) => (server: Server) => Promise<number>) =>
  async (server: Server): Promise<number> => {
    let seconds = 0;
    for (const section of sections) seconds += 1 / (await timed(`FETCH * ${section}`)(server));
    return 1 / seconds;
  };

/** Messages whose headers differ, and a last one of 3 MB with 3,041 parts. */
async function fill(server: Server, count: number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 8 }, () => LmtpClient.open(server.lmtp)));
  let next = 0;
  const deliver = async (connection: LmtpClient, message: string) => {
    const [reply = ''] = await connection.send([USER], Buffer.from(message));
    if (!reply.startsWith('2')) throw new Error(`LMTP: ${reply}`);
  };
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) await deliver(connection, small(next++));
    }),
  );
  const [first] = connections;
  if (first) await deliver(first, manyParts());
  for (const connection of connections) connection.close();
}

const small = (n: number): string =>
  [
    `Received: from peer.test by mx.test with ESMTP id ${n}; Mon, 2 Feb 2026 10:00:00 +0000`,
    `From: "User ${n % 100}" <user${n % 100}@peer.test>`,
    `To: list${n % 10}@lists.test, ${USER}`,
    `Subject: ${n % 5 === 0 ? `=?utf-8?q?caf=C3=A9_${n}?=` : `report ${n} of the week`}`,
    `Date: ${new Date(Date.UTC(2026, n % 12, 1 + (n % 28))).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${n}@peer.test>`,
    '',
    'text '.repeat(200),
    '',
  ].join('\r\n');

function manyParts(): string {
  const parts = Array.from(
    { length: 3041 },
    (_, i) => `--b\r\nContent-Type: text/plain\r\n\r\n${`${i} `.repeat(180)}\r\n`,
  );
  return `From: user@peer.test\r\nSubject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`;
}
