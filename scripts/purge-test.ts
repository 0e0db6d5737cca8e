import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { openDatabase, unguarded } from '../shared/database/database.ts';
import { ImapClient } from './clients/imap-client.ts';
import { LmtpClient } from './clients/lmtp-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Delivers, deletes and purges messages that share attachments, all at the same time, while the purge and MariaDB are killed. Afterwards every
// message that was not deleted must be stored byte for byte, and the others must leave no row, no blob and no object.

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const MESSAGES = values.quick ? 300 : 2000;
const KILLS = values.quick ? 4 : 16;
const DOMAIN = 'purge.test';
const USERS = ['u0', 'u1', 'u2', 'u3'];
const AGE_MS = 31 * 86_400_000;

const stack = await startTemporaryStack({ options: { attachment_inline_max: '8K' } });
const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 2 });
const bucket = stack.environment.ATTACHMENTS_BUCKET ?? '';
let status = 1;
try {
  await stack.tenant(DOMAIN, USERS);
  let delivering = true;
  let kills = 0;

  const deliver = async () => {
    for (let n = 0; n < MESSAGES; n++) {
      for (let done = false; !done; ) {
        try {
          const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
          const [reply = ''] = await client.send([`${userOf(n)}@${DOMAIN}`], message(n));
          client.close();
          done = reply.startsWith('250');
        } catch {
          // The database is killed while messages are delivered: without a reply, the message is sent again.
        }
        if (!done) await sleep(50);
      }
      // Kills are spread over the deliveries.
      while (kills < KILLS && n * (KILLS + 1) > MESSAGES * (kills + 1)) await sleep(10);
    }
    delivering = false;
  };

  /** Deletes every message whose number is not a multiple of three. */
  const remove = async (user: string): Promise<void> => {
    try {
      const client = await ImapClient.open(stack.port('gateway', 'imaps'), `${user}@${DOMAIN}`, 'pass');
      const gone = [...(await client.bodies('INBOX'))]
        .filter(([, body]) => !isKept(numberOf(body)))
        .map(([uid]) => uid);
      if (gone.length > 0) {
        await client.command('SELECT INBOX');
        await client.command(`UID STORE ${gone.join(',')} +FLAGS.SILENT (\\Deleted)`);
        await client.command('EXPUNGE');
      }
      client.close();
    } catch {
      // The database is killed while messages are deleted: later rounds, and the last one without kills, delete the rest.
    }
  };

  /** Dates deleted items back so that they are due, and purges. */
  const purge = async (): Promise<void> => {
    try {
      await unguarded(db)
        .updateTable('messages')
        .set((row) => ({ deleted_at: row('deleted_at', '-', AGE_MS) }))
        .where('deleted', '=', 1)
        .where('deleted_at', '>', AGE_MS * 100)
        .execute();
      await db
        .updateTable('blobs')
        .set((row) => ({ unreferenced_at: row('unreferenced_at', '-', AGE_MS) }))
        .where('unreferenced_at', '>', Date.now() - 1000 * 60 * 60)
        .execute();
      await stack.fire('SoftdeletePurge');
    } catch {
      await sleep(100);
    }
  };

  const house = async () => {
    for (let round = 0; delivering; round++) {
      await remove(USERS[round % USERS.length] ?? 'u0');
      await purge();
    }
  };

  const kill = async () => {
    while (kills < KILLS && delivering) {
      await sleep(100 + Math.random() * 400);
      if (kills % 2 === 0) process.kill(stack.database.pid(), 'SIGKILL');
      else await killWorkingPurge();
      kills++;
      if (kills % 2 === 1) await sleep(1000);
    }
  };

  const killWorkingPurge = async () => {
    for (let tries = 0; tries < 200 && delivering; tries++) {
      if ((await stack.killFunction('SoftdeletePurge')) > 0) return;
      await sleep(5);
    }
  };

  await Promise.all([deliver(), house(), kill()]);
  for (const user of USERS) await remove(user);
  for (let round = 0; round < 3; round++) await purge();

  let missing = 0;
  let kept = 0;
  for (const user of USERS) {
    const client = await ImapClient.open(stack.port('gateway', 'imaps'), `${user}@${DOMAIN}`, 'pass');
    const bodies = [...(await client.bodies('INBOX')).values()];
    client.close();
    const wanted = Array.from({ length: MESSAGES }, (_, n) => n).filter((n) => isKept(n) && userOf(n) === user);
    for (const n of wanted) {
      const copies = bodies.filter((body) => numberOf(body) === n && body.equals(message(n)));
      if (copies.length === 1) kept++;
      else missing++;
    }
    missing += bodies.length - wanted.length;
  }
  const rows = (await db.selectFrom('messages').select('id').where('deleted', '=', 1).execute()).length;
  const blobs = (await db.selectFrom('blobs').select('hash').where('refs', '=', 0).execute()).length;
  const live = (await db.selectFrom('blobs').select('hash').where('refs', '>', 0).execute()).length;
  const { Contents = [] } = await stack.clients.s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'blobs/' }));
  const left = rows + blobs + Math.abs(Contents.length - live);
  const problems = await stack.fsck();
  for (const problem of problems.slice(0, 5)) console.log(JSON.stringify(problem));
  console.log(`${kills} kills, ${live} blobs in use, ${Contents.length} objects, fsck: ${problems.length} problems`);
  const purged = Array.from({ length: MESSAGES }, (_, n) => n).filter((n) => !isKept(n)).length;
  console.log(
    `purge-test: ${MESSAGES} delivered, ${purged} purged, ${kept} kept and whole, ${missing} missing or strange, ${left} left over`,
  );
  status = missing + left + problems.length === 0 && kills >= KILLS ? 0 : 1;
} finally {
  await db.destroy();
  await stack.stop();
}
process.exit(status);

function isKept(n: number): boolean {
  return n % 3 === 0;
}

function userOf(n: number): string {
  return USERS[Math.floor(n / 3) % USERS.length] ?? 'u0';
}

/** One of six attachments, each in messages that stay and in messages that are deleted. */
function message(n: number): Buffer {
  const attachment = `attachment ${Math.floor(n / 3) % 6} `.repeat(1500);
  return Buffer.from(
    `Message-ID: <${n}@${DOMAIN}>\r\nSubject: message ${n}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext of ${n}\r\n--b\r\n\r\n${attachment}\r\n--b--\r\n`,
  );
}

function numberOf(bytes: Buffer): number {
  return Number(/^Message-ID: <(\d+)@/m.exec(bytes.toString('latin1'))?.[1]);
}
