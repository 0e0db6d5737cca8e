import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  await stack.tenant('hostile.test', ['ann', 'bob']);
  await stack.tenant('other.test', ['eve']);
});
afterAll(() => stack?.stop());

const pidOf = (service: string) => stack.containers.get(service)?.pid();
const imaps = () => stack.port('gateway', 'imaps');

/** Commands as clients send them, to be spoiled. */
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('C: ') && !line.includes('{repeat') && !/QUIT|LOGOUT/.test(line))
    .map((line) => line.slice(3).replaceAll('\\r\\n', '\r\n').replace('\\c', ''));

const spoiled = (sources: string[]) =>
  fc
    .tuple(
      fc.constantFrom(...sources),
      fc.array(
        fc.tuple(
          fc.nat(200),
          fc.constantFrom(
            '\0',
            '(',
            ')',
            '"',
            '{5}',
            '{99999999}',
            '{3+}',
            '\\',
            '*',
            '%',
            '\xff',
            ' ',
            '[',
            ']',
            '<',
            '9'.repeat(30),
            '\r',
            'A'.repeat(300),
          ),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([line, edits]) =>
      edits.reduce(
        (text, [at, insert]) => text.slice(0, at % (text.length + 1)) + insert + text.slice(at % (text.length + 1)),
        line,
      ),
    );

describe('hostile input', () => {
  it('spoiled IMAP commands end neither the gateway nor anybody else’s session', async () => {
    const pid = pidOf('gateway');
    const witness = await ImapClient.open(imaps(), 'bob@hostile.test', 'pass');
    const commands = fc.sample(spoiled(lines('test/conformance/dialogues/imap-session.txt')), {
      numRuns: 1500,
      seed: 7,
    });
    for (let i = 0; i < commands.length; i += 25) {
      const client = await LineClient.open(imaps(), { tls: true });
      client.write('z LOGIN ann@hostile.test pass\r\nz SELECT INBOX\r\n');
      for (const command of commands.slice(i, i + 25)) client.write(Buffer.from(`${command}\r\n`, 'latin1'));
      await sleep(15);
      client.close();
    }
    expect(await witness.command('NOOP')).toEqual([]);
    witness.close();
    expect(pidOf('gateway')).toBe(pid);
  });

  it('spoiled LMTP commands do not end the service', async () => {
    const pid = pidOf('lmtp');
    const commands = fc.sample(spoiled(lines('test/conformance/dialogues/lmtp-rfc2033.txt')), {
      numRuns: 1500,
      seed: 7,
    });
    for (let i = 0; i < commands.length; i += 15) {
      const client = await LineClient.open(stack.port('lmtp', 'lmtp'));
      client.write('LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<bob@hostile.test>\r\n');
      for (const command of commands.slice(i, i + 15)) client.write(Buffer.from(`${command}\r\n`, 'latin1'));
      await sleep(10);
      client.close();
    }
    const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
    expect(await client.send(['bob@hostile.test'], Buffer.from('Subject: alive\r\n\r\n'))).toEqual([
      expect.stringMatching(/^250/),
    ]);
    client.close();
    expect(pidOf('lmtp')).toBe(pid);
  });

  it('a client that asks for much and reads nothing costs bounded memory', async () => {
    const lmtp = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
    const large = Buffer.from(`Subject: large\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(5000)}`);
    for (let i = 0; i < 4; i++) await lmtp.send(['bob@hostile.test'], large);
    lmtp.close();
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pidOf('gateway')}/status`, 'utf8'))?.[1]) / 1024;
    const before = resident();
    const clients: LineClient[] = [];
    for (let i = 0; i < 5; i++) {
      const client = await LineClient.open(imaps(), { tls: true });
      client.socket.pause();
      client.write(
        `a LOGIN bob@hostile.test pass\r\nb SELECT INBOX\r\n${Array.from({ length: 20 }, (_, k) => `c${k} FETCH 1:* BODY.PEEK[]\r\n`).join('')}`,
      );
      clients.push(client);
    }
    await sleep(4000);
    // Five clients have asked for 2 GB.
    expect(resident() - before).toBeLessThan(250);
    for (const client of clients) client.close();
  });

  it('another tenant finds nothing: not by address, not by login, not by mailbox name', async () => {
    const eve = await ImapClient.open(imaps(), 'eve@other.test', 'pass');
    const names = (await eve.command('LIST "" *')).map(({ text }) => text).join('\n');
    expect(names).not.toContain('hostile');
    for (const name of ['ann@hostile.test/INBOX', 'user/ann/INBOX', '../INBOX', 'INBOX/../../ann'])
      await expect(eve.command(`SELECT "${name}"`)).rejects.toThrow('NONEXISTENT');
    expect((await eve.command('STATUS INBOX (MESSAGES)'))[0]?.text).toContain('MESSAGES 0');
    eve.close();
  });

  it('after all that, counters and bodies are right', async () => {
    expect(await stack.fsck()).toEqual([]);
  });
});
