import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LineClient } from '../../scripts/clients/line-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { playDialogue } from '../support/dialogue.ts';
import { fetchmail } from '../support/fetchmail.ts';
import { run } from '../support/run.ts';

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  await stack.tenant('pop.test', ['ann', 'two', 'fetch', 'curl', 'cut', 'sample']);
});
afterAll(() => stack?.stop());

const port = () => stack.port('gateway', 'pop3s');

const BODY = 'one\r\n.two\r\n..\r\nthree\r\n';

async function deliver(user: string, ...subjects: string[]): Promise<void> {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  for (const subject of subjects)
    await client.send([`${user}@pop.test`], Buffer.from(`From: p@peer.test\r\nSubject: ${subject}\r\n\r\n${BODY}`));
  client.close();
}

class Pop {
  private readonly connection: LineClient;

  private constructor(connection: LineClient) {
    this.connection = connection;
  }

  static async open(user?: string, password = 'pass'): Promise<Pop> {
    const pop = new Pop(await LineClient.open(port(), { tls: true }));
    expect(await pop.connection.line()).toBe('+OK Pamoja POP3 ready');
    if (user) {
      await pop.send(`USER ${user}@pop.test`);
      expect(await pop.send(`PASS ${password}`)).toBe('+OK logged in');
    }
    return pop;
  }

  async send(line: string): Promise<string> {
    this.connection.write(`${line}\r\n`);
    return this.connection.line();
  }

  async lines(line: string): Promise<string[]> {
    expect(await this.send(line)).toMatch(/^\+OK/);
    const lines: string[] = [];
    for (let next = await this.connection.line(); next !== '.'; next = await this.connection.line())
      lines.push(next.replace(/^\./, ''));
    return lines;
  }

  close(): void {
    this.connection.close();
  }
}

describe('POP3', () => {
  it('gives the answers of the example of RFC 1939', async () => {
    await deliver('sample', 'first', 'second');
    await playDialogue('test/conformance/dialogues/pop3-rfc1939.txt', port(), {
      tls: true,
      values: { user: 'sample@pop.test' },
    });
  });

  it('lists, retrieves, and deletes messages only at QUIT (RFC 1939)', async () => {
    await deliver('ann', 'first', 'second', 'third');
    const pop = await Pop.open('ann');
    const [, count, octets] = /^\+OK (\d+) (\d+)$/.exec(await pop.send('STAT')) ?? [];
    expect(count).toBe('3');
    const list = await pop.lines('LIST');
    expect(list.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(Number(octets));
    expect(await pop.send('LIST 2')).toBe(`+OK ${list[1]}`);
    const ids = await pop.lines('UIDL');
    expect(new Set(ids.map((line) => line.split(' ')[1])).size).toBe(3);
    expect(await pop.send('UIDL 3')).toBe(`+OK ${ids[2]}`);
    const message = await pop.lines('RETR 1');
    expect(`${message.join('\r\n')}\r\n`).toMatch(/Subject: first\r\n\r\none\r\n\.two\r\n\.\.\r\nthree\r\n$/);
    expect(`${message.join('\r\n')}\r\n`.length).toBe(Number(list[0]?.split(' ')[1]));
    const top = await pop.lines('TOP 2 1');
    expect(top.slice(-3)).toEqual(['Subject: second', '', 'one']);
    expect((await pop.lines('TOP 2 0')).at(-1)).toBe('');

    expect(await pop.send('DELE 1')).toMatch(/^\+OK/);
    expect(await pop.send('DELE 1')).toMatch(/^-ERR/);
    expect(await pop.send('RETR 1')).toMatch(/^-ERR/);
    expect((await pop.lines('LIST')).length).toBe(2);
    expect(await pop.send('RSET')).toMatch(/^\+OK/);
    expect((await pop.lines('LIST')).length).toBe(3);
    for (const wrong of ['RETR 0', 'RETR 9', 'RETR x', 'TOP 1', 'TOP 1 x', 'NONSENSE', 'USER ann', 'RETR -1'])
      expect(await pop.send(wrong)).toMatch(/^-ERR/);
    expect(await pop.send('DELE 2')).toMatch(/^\+OK/);
    pop.close();

    // The connection was lost without QUIT: nothing is deleted.
    const again = await Pop.open('ann');
    expect(await again.lines('UIDL')).toEqual(ids);
    await again.lines('RETR 1');
    await again.send('DELE 2');
    expect(await again.send('QUIT')).toMatch(/^\+OK/);
    const last = await Pop.open('ann');
    expect((await last.lines('UIDL')).map((line) => line.split(' ')[1])).toEqual([
      ids[0]?.split(' ')[1],
      ids[2]?.split(' ')[1],
    ]);
    last.close();
    const imap = await ImapClient.open(stack.port('gateway', 'imaps'), 'ann@pop.test', 'pass');
    await imap.command('EXAMINE INBOX');
    expect((await imap.command('FETCH 1:* FLAGS')).map(({ text }) => text)).toEqual([
      '* 1 FETCH (FLAGS (\\Seen \\Recent))',
      '* 2 FETCH (FLAGS (\\Recent))',
    ]);
    imap.close();
  });

  it('two sessions see the maildrop as it was when each began; a message that one deletes is refused to the other', async () => {
    await deliver('two', 'a', 'b');
    const [one, two] = [await Pop.open('two'), await Pop.open('two')];
    await one.send('DELE 1');
    expect(await one.send('QUIT')).toMatch(/^\+OK/);
    await deliver('two', 'c');
    expect(await two.send('STAT')).toMatch(/^\+OK 2 /);
    expect(await two.send('RETR 1')).toMatch(/^-ERR the message has been deleted/);
    expect((await two.lines('RETR 2')).join()).toContain('Subject: b');
    await two.send('DELE 1');
    expect(await two.send('QUIT')).toMatch(/^\+OK/);
    const three = await Pop.open('two');
    expect(await three.send('STAT')).toMatch(/^\+OK 2 /);
    three.close();
  });

  it('takes no password in the clear, and ignores commands that were sent before STLS', async () => {
    const client = await LineClient.open(stack.port('gateway', 'pop3'));
    await client.line();
    client.write('CAPA\r\n');
    const capabilities: string[] = [];
    for (let line = await client.line(); line !== '.'; line = await client.line()) capabilities.push(line);
    expect(capabilities).toContain('STLS');
    expect(capabilities).not.toContain('USER');
    client.write('USER ann@pop.test\r\n');
    expect(await client.line()).toMatch(/^-ERR/);
    client.write('AUTH PLAIN\r\n');
    expect(await client.line()).toMatch(/^-ERR/);
    client.write('STLS\r\nUSER ann@pop.test\r\n');
    expect(await client.line()).toMatch(/^-ERR/);
    client.close();
  });

  it('refuses wrong passwords, and disconnects a client with only errors', async () => {
    const pop = await Pop.open();
    await pop.send('USER ann@pop.test');
    expect(await pop.send('PASS wrong')).toMatch(/^-ERR \[AUTH\]/);
    expect(await pop.send('PASS pass')).toMatch(/^-ERR USER comes first/);
    expect(await pop.send('RETR 1')).toMatch(/^-ERR not now/);
    const plain = Buffer.from('\0ann@pop.test\0pass').toString('base64');
    expect(await pop.send(`AUTH PLAIN ${plain}`)).toBe('+OK logged in');
    pop.close();
    const cut = await LineClient.open(port(), { tls: true });
    await cut.line();
    cut.write(`${'x'.repeat(10_000)}\r\n`);
    expect(await cut.line()).toMatch(/^-ERR the line is too long/);
    cut.close();
  });

  it('pipelines', async () => {
    await deliver('cut', 'a');
    const client = await LineClient.open(port(), { tls: true });
    await client.line();
    client.write('USER cut@pop.test\r\nPASS pass\r\nSTAT\r\nNOOP\r\nUIDL 1\r\nQUIT\r\n');
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await client.line());
    expect(answers.every((line) => line.startsWith('+OK'))).toBe(true);
    client.close();
  });

  it('serves curl over STLS, and fetchmail, which deletes what it retrieves', async () => {
    await deliver('curl', 'for curl');
    const curl = await run('curl', [
      ...['-sk', '--ssl-reqd', `pop3://127.0.0.1:${stack.port('gateway', 'pop3')}/1`],
      ...['-u', 'curl@pop.test:pass'],
    ]);
    expect(curl.stdout).toContain(`Subject: for curl\r\n\r\n${BODY}`);
    await deliver('fetch', 'f1', 'f2');
    const mail = await fetchmail('pop3', port(), 'fetch@pop.test');
    expect(mail.match(/^Subject: f\d/gm)).toEqual(['Subject: f1', 'Subject: f2']);
    const pop = await Pop.open('fetch');
    expect(await pop.send('STAT')).toBe('+OK 0 0');
    pop.close();
  });
});
