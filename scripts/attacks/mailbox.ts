import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImapClient } from '../clients/imap-client.ts';
import { LineClient } from '../clients/line-client.ts';
import type { Attack, Target } from './attack.ts';

// Attacks of one IMAP session on the mailboxes of others, and on the process that serves them all.

const imaps = ({ stack }: Target): number => stack.port('gateway', 'imaps');

const login = (target: Target, user: string): Promise<ImapClient> => ImapClient.open(imaps(target), user, 'pass');

/** Whether a command was refused with NO or BAD; a connection that is lost is an exception. */
async function refused(client: ImapClient, command: string): Promise<boolean> {
  try {
    await client.command(command);
    return false;
  } catch (error) {
    if (/: t\d+ (NO|BAD)/.test(String(error))) return true;
    throw error;
  }
}

const literal = (text: string): string => `{${text.length}+}\r\n${text}`;

/** How long another session waits for the answer to its NOOP at worst, while something goes on. Milliseconds. */
async function longestWait(witness: ImapClient, during: Promise<unknown>): Promise<number> {
  let going = true;
  const ended = during.finally(() => {
    going = false;
  });
  let longest = 0;
  while (going) {
    const begun = performance.now();
    await witness.command('NOOP');
    longest = Math.max(longest, performance.now() - begun);
    await sleep(5);
  }
  await ended;
  return longest;
}

export const attacks: readonly Attack[] = [
  {
    name: 'LIST patterns with thousands of wildcards against long names do not delay other sessions',
    async run(target) {
      await target.stack.tenant('patterns.test', ['ann', 'bob']);
      const [ann, bob] = [await login(target, 'ann@patterns.test'), await login(target, 'bob@patterns.test')];
      for (let i = 0; i < 20; i++)
        await ann.command(`CREATE ${'a'.repeat(230)}${i}/${'a'.repeat(250)}/${'a'.repeat(250)}`);
      const bomb = '*a%a'.repeat(7_500);
      const wait = await longestWait(
        bob,
        (async () => {
          for (let i = 0; i < 3; i++) await ann.command(`LIST "" (${bomb} ${'*a'.repeat(350)} ${'%a'.repeat(350)}b)`);
        })(),
      );
      ann.connection.close();
      bob.connection.close();
      return wait < 1_000;
    },
  },
  {
    name: 'searches for thousands of texts are refused, and one for a hundred in large messages does not block other sessions',
    async run(target) {
      await target.stack.tenant('search.mailbox.test', ['attacker', 'other']);
      const attacker = await login(target, 'attacker@search.mailbox.test');
      const witness = await login(target, 'other@search.mailbox.test');
      const message = `Subject: large\r\n\r\n${'some words of a large message '.repeat(50_000)}\r\n`;
      for (let i = 0; i < 4; i++) await attacker.command(`APPEND INBOX ${literal(message)}`);
      await attacker.command('SELECT INBOX');
      const keys = (count: number) => Array.from({ length: count }, (_, i) => `NOT TEXT zq${i}`).join(' ');
      if (!(await refused(attacker, `SEARCH ${keys(2000)}`))) return false;
      const waited = await longestWait(witness, attacker.command(`SEARCH ${keys(100)}`));
      attacker.close();
      witness.close();
      return waited < 2000;
    },
  },
  {
    name: 'commands without end before a login: 64 KB of lines, 32 KB of literals, then the connection is cut',
    async run(target) {
      const client = await LineClient.open(imaps(target), { tls: true });
      await client.line();
      // A literal ends each line, so that no line is too long by itself.
      client.write(`a ID (${`"n" "${'v'.repeat(1000)}" {1+}\r\nx NIL `.repeat(200)}`);
      const answer = await client.line();
      const cut = await client.line().catch(() => 'gone');
      client.close();
      return answer.startsWith('a BAD') && /^(\* BYE|gone)/.test(cut);
    },
  },
  {
    name: 'a flood of commands in one write, most of them malformed: the session ends after ten malformed ones in a row',
    async run(target) {
      await target.stack.tenant('flood.test', ['ann', 'bob']);
      const bob = await login(target, 'bob@flood.test');
      const client = await LineClient.open(imaps(target), { tls: true });
      await client.line();
      client.write('a LOGIN ann@flood.test pass\r\n');
      while (!(await client.line()).startsWith('a OK'));
      client.write('x NONSENSE\r\n'.repeat(20_000));
      let bads = 0;
      const wait = await longestWait(
        bob,
        (async () => {
          for (let line = await client.line(); !line.startsWith('* BYE'); line = await client.line()) bads++;
        })(),
      );
      client.close();
      bob.connection.close();
      return bads === 10 && wait < 1_000;
    },
  },
  {
    name: 'folders of users who share nothing: every command that takes a name answers that the mailbox does not exist, subscribed to or not',
    async run(target) {
      await target.stack.tenant('secrets.test', ['ann', 'eve']);
      await target.stack.tenant('strangers.test', ['mallory']);
      const ann = await login(target, 'ann@secrets.test');
      await ann.command('CREATE Secret');
      await ann.command(`APPEND Secret ${literal('Subject: secret\r\n\r\nsecret')}`);
      let held = true;
      for (const user of ['eve@secrets.test', 'mallory@strangers.test']) {
        const thief = await login(target, user);
        for (const there of ['Secret', 'Nowhere']) {
          const name = `"user/ann@secrets.test/${there}"`;
          for (const command of [
            `SELECT ${name}`,
            `EXAMINE ${name}`,
            `STATUS ${name} (MESSAGES RECENT)`,
            `SUBSCRIBE ${name}`,
            `UNSUBSCRIBE ${name}`,
            `DELETE ${name}`,
            `RENAME ${name} mine`,
            `GETMETADATA ${name} /shared/comment`,
            `MYRIGHTS ${name}`,
            `SETACL ${name} ${user} lrswipkxtecda`,
            `APPEND ${name} ${literal('Subject: x\r\n\r\nx')}`,
          ])
            held &&= await refused(thief, command);
        }
        const listed = await thief.command('LIST "" (* user/*) RETURN (SUBSCRIBED STATUS (MESSAGES))');
        held &&= !listed.some(({ text }) => /Secret|ann@/.test(text));
        thief.connection.close();
      }
      ann.connection.close();
      return held;
    },
  },
  {
    name: 'reading a folder that is shared: the owner still sees every message as recent and unseen',
    async run(target) {
      await target.stack.tenant('readers.test', ['ann', 'bob']);
      const [ann, bob] = [await login(target, 'ann@readers.test'), await login(target, 'bob@readers.test')];
      await ann.command('CREATE Shared');
      await ann.command('SETACL Shared bob@readers.test lr');
      await ann.command(`APPEND Shared ${literal('Subject: x\r\n\r\nx')}`);
      await bob.command('SELECT "user/ann@readers.test/Shared"');
      await bob.command('FETCH 1 (BODY[] FLAGS)');
      await bob.command('CLOSE');
      await bob.command('SUBSCRIBE "user/ann@readers.test/Shared"');
      const told = (await ann.command('SELECT Shared')).map(({ text }) => text);
      const [flags] = (await ann.command('FETCH 1 FLAGS')).map(({ text }) => text);
      const subscribed = await ann.command('LSUB "" Shared');
      ann.connection.close();
      bob.connection.close();
      return told.includes('* 1 RECENT') && flags === '* 1 FETCH (FLAGS (\\Recent))' && subscribed.length === 0;
    },
  },
  {
    name: 'bytes that end a literal or a line early, in messages and names, do not desynchronise the dialogue',
    async run(target) {
      await target.stack.tenant('bytes.test', ['ann']);
      const ann = await login(target, 'ann@bytes.test');
      const message =
        'Subject: a\0b\r\nFrom: "x\0" <y@z.test>\r\nContent-Type: text/plain; name="\0"\r\n\r\nq\0\r\n)\r\na OK\r\n';
      await ann.command(`APPEND INBOX (kw) ${literal(message)}`);
      await ann.command('SELECT INBOX');
      const whole = await ann.command(
        'FETCH 1 (ENVELOPE BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)])',
      );
      const bytes = Buffer.concat(whole.flatMap(({ literals }) => literals));
      let held = whole.length === 1 && !bytes.includes(0) && !whole.some(({ text }) => text.includes('\0'));
      for (const command of [
        'CREATE "a\0b"',
        `CREATE ${literal('a\r\nb')}`,
        `SELECT ${literal('a\0b')}`,
        'CREATE "a\rb"',
      ])
        held &&= await refused(ann, command);
      held &&= (await ann.command('NOOP')).length === 0;
      ann.connection.close();
      return held;
    },
  },
];
