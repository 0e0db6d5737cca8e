import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';

interface Started {
  child: ChildProcess;
  output: () => string;
  exited: Promise<number | null>;
}

let data: string;
const started: Started[] = [];

beforeAll(() => {
  data = mkdtempSync(path.join(tmpdir(), 'pamoja-start-'));
});
afterAll(async () => {
  for (const { child, exited } of started) {
    child.kill('SIGINT');
    await exited;
  }
  rmSync(data, { recursive: true, force: true });
});

function start(...args: string[]): Started {
  const child = spawn(process.execPath, ['scripts/start.ts', '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const entry = { child, output: () => output, exited };
  started.push(entry);
  return entry;
}

async function says(stack: Started, pattern: RegExp): Promise<RegExpExecArray> {
  for (let i = 0; i < 600; i++) {
    const match = pattern.exec(stack.output());
    if (match) return match;
    if (stack.child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${pattern} was not said:\n${stack.output()}`);
}

async function messages(stack: Started): Promise<number> {
  const [, port = '', login = '', password = ''] = await says(
    stack,
    /imaps:\/\/127\.0\.0\.1:(\d+)\/INBOX -u ([^:]+):(\S+)/,
  );
  const client = await ImapClient.open(Number(port), login, password);
  const [status] = await client.command('STATUS INBOX (MESSAGES)');
  client.close();
  return Number(/MESSAGES (\d+)/.exec(status?.text ?? '')?.[1]);
}

async function send(stack: Started): Promise<string[]> {
  const [, port = ''] = await says(stack, /LMTP\s+127\.0\.0\.1:(\d+)/);
  const client = await LmtpClient.open(Number(port));
  const replies = await client.send(['anna@demo.test'], Buffer.from('Subject: x\r\n\r\n'));
  client.close();
  return replies;
}

const alive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
const pids = () =>
  readdirSync(`${data}/run`).map(
    (file) => (JSON.parse(readFileSync(`${data}/run/${file}`, 'utf8')) as { pid: number }).pid,
  );

describe('scripts/start', () => {
  it('says what to try; killed (-9) and started again it has everything; Ctrl-C leaves nothing running', async () => {
    const first = start('--ports', 'free');
    await says(first, /Try:/);
    expect(await send(first)).toEqual([expect.stringMatching(/^250/)]);
    const second = start('--ports', 'free');
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('another local stack');
    first.child.kill('SIGKILL');
    await first.exited;
    const left = pids().filter(alive);
    expect(left.length).toBeGreaterThan(0);

    const third = start('--ports', 'free');
    await says(third, /Try:/);
    expect(third.output()).toContain('an earlier stack had left running');
    expect(left.filter(alive)).toEqual([]);
    expect(await messages(third)).toBe(1);
    expect(await send(third)).toEqual([expect.stringMatching(/^250/)]);
    expect(await messages(third)).toBe(2);
    const running = pids();
    third.child.kill('SIGINT');
    expect(await third.exited).toBe(0);
    expect(running.filter(alive)).toEqual([]);
    expect(readdirSync(`${data}/run`)).toEqual([]);
  });

  it('a wrong option stops the start, with its name', async () => {
    const stack = start('--ports', 'free', '--option', 'quota_hrad=1');
    expect(await stack.exited).toBe(1);
    expect(stack.output()).toMatch(/unknown option quota_hrad/);
  });

  it('a port that is taken is named, and nothing is left running', async () => {
    const server = createServer();
    const taken = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(true));
      server.listen(1143, '127.0.0.1', () => resolve(true));
    });
    expect(taken).toBe(true);
    const stack = start();
    expect(await stack.exited).toBe(1);
    expect(stack.output()).toMatch(/port \d+ \(\w+ of \w+\) is in use/);
    expect(readdirSync(`${data}/run`)).toEqual([]);
    server.close();
  });

  it('Ctrl-C while it starts stops what has been started', async () => {
    const stack = start('--ports', 'free');
    await says(stack, /starting the emulators/);
    stack.child.kill('SIGINT');
    expect(await stack.exited).toBe(0);
    expect(readdirSync(`${data}/run`)).toEqual([]);
  });
});
