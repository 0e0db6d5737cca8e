import { request } from 'node:http';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { LineClient } from '../clients/line-client.ts';
import { logonRequest } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import type { Attack } from './attack.ts';

// Guesses of passwords. Each attack comes from a loopback network of its own, so that its throttle affects no other.

/** The outcome of a guess: logged in, checked and wrong, or refused unchecked. */
type Outcome = 'in' | 'wrong' | 'later';

/** More than the ten that are free, the pauses that are waited for, and one for luck cannot be checked at once. */
const AT_ONCE = 13;

const outcomeOf = (line: string, patterns: Record<Outcome, RegExp>): Outcome => {
  for (const outcome of ['in', 'wrong', 'later'] as const) if (patterns[outcome].test(line)) return outcome;
  throw new Error(`not an answer to a login: ${line}`);
};

interface Guess {
  login: string;
  password: string;
  from: string;
}

async function dialogue(port: number, from: string, lines: readonly string[], answer: RegExp): Promise<string> {
  const client = await LineClient.open(port, { tls: true, from });
  try {
    await client.line();
    for (const line of lines) client.write(`${line}\r\n`);
    for (;;) {
      const line = await client.line();
      if (answer.test(line)) return line;
    }
  } finally {
    client.close();
  }
}

const PROTOCOLS: Record<string, (stack: TemporaryStack, guess: Guess) => Promise<Outcome>> = {
  async imap(stack, { login, password, from }) {
    const command = `a LOGIN {${login.length}+}\r\n${login} "${password}"`;
    const answer = await dialogue(stack.port('gateway', 'imaps'), from, [command], /^a /);
    return outcomeOf(answer, { in: /^a OK/, wrong: /^a NO \[AUTHENTICATIONFAILED\]/, later: /^a NO \[UNAVAILABLE\]/ });
  },
  async pop3(stack, { login, password, from }) {
    const plain = Buffer.from(`\0${login}\0${password}`).toString('base64');
    const answer = await dialogue(stack.port('gateway', 'pop3s'), from, [`AUTH PLAIN ${plain}`], /./);
    return outcomeOf(answer, { in: /^\+OK/, wrong: /^-ERR \[AUTH\]/, later: /^-ERR \[SYS\/TEMP\]/ });
  },
  async submission(stack, { login, password, from }) {
    const plain = Buffer.from(`\0${login}\0${password}`).toString('base64');
    const lines = ['EHLO x.test', `AUTH PLAIN ${plain}`];
    const answer = await dialogue(stack.port('submission', 'submissions'), from, lines, /^(235|535|454|421)/);
    return outcomeOf(answer, { in: /^235/, wrong: /^535/, later: /^454/ });
  },
  async soap(stack, { login, password, from }) {
    const { envelope } = encodeRequest('logon', logonRequest(login, password));
    const answer = await new Promise<string>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          localAddress: from,
          port: stack.port('store-server', 'soap'),
          method: 'POST',
          headers: { 'Content-Type': 'text/xml' },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            text += chunk.toString();
          });
          response.on('end', () => resolve(/<er>\d+<\/er>/.exec(text)?.[0] ?? text));
        },
      );
      sent.once('error', reject);
      sent.end(envelope);
    });
    return outcomeOf(answer, { in: /<er>0</, wrong: /<er>2147483657</, later: /<er>2147483691</ });
  },
};

const guess = (stack: TemporaryStack, by: string, wanted: Guess): Promise<Outcome> => {
  const protocol = PROTOCOLS[by];
  if (!protocol) throw new Error(`no protocol ${by}`);
  return protocol(stack, wanted);
};

const count = (outcomes: readonly Outcome[], which: Outcome): number => outcomes.filter((one) => one === which).length;

export const attacks: readonly Attack[] = [
  {
    name: 'guesses at one login in many spellings, with blanks and capitals, are counted as one',
    async run({ stack }) {
      await stack.tenant('blanks.test', ['ann']);
      const from = '127.71.1.1';
      const ways = (i: number) => `${' '.repeat(i % 5)}${i % 2 ? 'ANN' : 'ann'}@blanks.test${' '.repeat(i % 7)}`;
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 25; i++)
        outcomes.push(await guess(stack, 'imap', { login: ways(i), password: `wrong${i}`, from }));
      return (
        count(outcomes, 'wrong') <= AT_ONCE &&
        (await guess(stack, 'imap', { login: ways(3), password: 'pass', from })) === 'later'
      );
    },
  },
  {
    name: 'a login that is too long for the throttle is refused, and causes no internal error',
    async run({ stack }) {
      await stack.tenant('long.test', ['ann']);
      const logins = [' '.repeat(2100), `${' '.repeat(2100)}ann@long.test`, `ann@long.test${' '.repeat(2100)}`];
      for (const login of [...logins, 'x'.repeat(3000)])
        for (const by of ['imap', 'pop3', 'submission', 'soap'])
          if ((await guess(stack, by, { login, password: 'pass', from: '127.71.2.1' })) !== 'wrong') return false;
      return true;
    },
  },
  {
    name: 'sixty concurrent guesses are not all checked, also over several protocols',
    async run({ stack }) {
      await stack.tenant('parallel.test', ['ann']);
      const protocols = Object.keys(PROTOCOLS);
      const outcomes = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          guess(stack, protocols[i % protocols.length] ?? '', {
            login: 'ann@parallel.test',
            password: `wrong${i}`,
            from: `127.71.3.${i + 1}`,
          }),
        ),
      );
      return count(outcomes, 'wrong') <= AT_ONCE && count(outcomes, 'in') === 0;
    },
  },
  {
    name: 'an attacker who guesses cannot lock the user out, at home or behind the same address',
    async run({ stack }) {
      await stack.tenant('weapon.test', ['ann']);
      const ann = { login: 'ann@weapon.test', password: 'pass' };
      if ((await guess(stack, 'imap', { ...ann, from: '127.71.4.1' })) !== 'in') return false;
      for (let network = 5; network < 17; network++)
        await Promise.all(
          Array.from({ length: 12 }, (_, i) =>
            guess(stack, 'imap', { login: ann.login, password: `wrong${i}`, from: `127.71.${network}.${i + 1}` }),
          ),
        );
      for (let i = 0; i < 20; i++)
        await guess(stack, 'pop3', { login: ann.login, password: 'wrong', from: '127.71.4.2' });
      // Somebody behind the same address goes on guessing while the user logs on.
      let over = false;
      const guesser = (async () => {
        while (!over) await guess(stack, 'pop3', { login: ann.login, password: 'wrong', from: '127.71.4.3' });
      })();
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 5; i++) outcomes.push(await guess(stack, 'soap', { ...ann, from: '127.71.4.3' }));
      over = true;
      await guesser;
      return count(outcomes, 'in') >= 4;
    },
  },
  {
    name: 'one network cannot try one password for every user',
    async run({ stack }) {
      await stack.tenant('spray.test', ['ann', 'bob']);
      const outcomes: Outcome[] = [];
      for (let i = 0; i < 140; i += 10)
        outcomes.push(
          ...(await Promise.all(
            Array.from({ length: 10 }, (_, j) =>
              guess(stack, 'imap', {
                login: `user${i + j}@spray.test`,
                password: 'Summer2026',
                from: `127.71.20.${j + 1}`,
              }),
            ),
          )),
        );
      const elsewhere = await guess(stack, 'imap', { login: 'bob@spray.test', password: 'pass', from: '127.71.21.1' });
      // Guesses that the token bucket gains during the attack, one in six seconds.
      return count(outcomes, 'wrong') <= 110 && elsewhere === 'in';
    },
  },
  {
    name: 'a wrong password of a known user takes as long as one of an unknown user, and gets the same answer',
    async run({ stack }) {
      await stack.tenant('time.test', ['ann']);
      const times: Record<string, number[]> = { ann: [], nobody: [] };
      const answers = new Set<string>();
      for (let i = 0; i < 7; i++)
        for (const name of ['ann', 'nobody']) {
          const began = performance.now();
          const command = `a LOGIN ${name}@time.test wrong`;
          answers.add(await dialogue(stack.port('gateway', 'imaps'), '127.71.22.1', [command], /^a /));
          times[name]?.push(performance.now() - began);
        }
      const median = (name: string) => times[name]?.sort((a, b) => a - b)[3] ?? 0;
      const ratio = median('ann') / median('nobody');
      return answers.size === 1 && ratio > 0.5 && ratio < 2;
    },
  },
  {
    name: 'wrong SCRAM proofs count as wrong passwords do',
    async run({ stack }) {
      await stack.tenant('scram.test', ['ann']);
      const from = '127.71.23.1';
      let wrong = 0;
      for (let i = 0; i < 20; i++) {
        const client = await LineClient.open(stack.port('gateway', 'imaps'), { tls: true, from });
        await client.line();
        const first = Buffer.from('n,,n=ann@scram.test,r=abc').toString('base64');
        client.write(`a AUTHENTICATE SCRAM-SHA-256 ${first}\r\n`);
        const challenge = await client.line();
        if (challenge.startsWith('+ ')) {
          const nonce = /r=([^,]*)/.exec(Buffer.from(challenge.slice(2), 'base64').toString())?.[1] ?? '';
          const proof = Buffer.alloc(32, i).toString('base64');
          client.write(`${Buffer.from(`c=biws,r=${nonce},p=${proof}`).toString('base64')}\r\n`);
          if (/AUTHENTICATIONFAILED/.test(await client.line())) wrong++;
        }
        client.close();
      }
      return (
        wrong <= AT_ONCE &&
        (await guess(stack, 'imap', { login: 'ann@scram.test', password: 'pass', from })) === 'later'
      );
    },
  },
];
