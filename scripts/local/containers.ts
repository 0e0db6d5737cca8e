import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateFolder } from './folders.ts';
import type { ProcessRegistry } from './processes.ts';

export interface ContainerDefinition {
  /** Of the service, such as `lmtp`. */
  name: string;
  /** The folder that the image is made from. */
  directory: string;
  command: string[];
  environment: Record<string, string>;
  /** Ports of the loopback interface by the name of their mapping. */
  ports: Record<string, number>;
}

/** A container's command as a process of its own; started again when it ends, as ECS does. */
export interface RunningContainer {
  name: string;
  ports: Record<string, number>;
  pid(): number;
  stop(): Promise<void>;
}

export async function runContainer(
  definition: ContainerDefinition,
  logDirectory: string,
  registry: ProcessRegistry,
  log: (line: string) => void,
): Promise<RunningContainer> {
  privateFolder(logDirectory);
  const output: WriteStream = createWriteStream(path.join(logDirectory, `${definition.name}.log`), { flags: 'a' });
  let child: ChildProcess;
  let stopping = false;
  let lastLines = '';
  let ends = 0;
  const run = () => {
    const [program = 'node', ...args] = definition.command;
    child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: definition.directory,
      env: definition.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for the stack, which stops its services in order.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output.write(chunk);
        lastLines = (lastLines + chunk).slice(-2000);
      });
    }
    if (child.pid) registry.note(definition.name, { pid: child.pid, marker: args.at(-1) ?? 'node' });
    child.once('exit', (code, signal) => {
      if (stopping) return;
      ends++;
      log(`${definition.name} ended (${signal ?? code}); starting it again`);
      setTimeout(run, 100);
    });
  };
  run();
  await waitForPorts(
    definition,
    () => ends,
    () => lastLines,
  ).catch((error: unknown) => {
    stopping = true;
    child.kill('SIGKILL');
    registry.forget(definition.name);
    throw error;
  });
  return {
    name: definition.name,
    ports: definition.ports,
    pid: () => child.pid ?? 0,
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(12_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))]);
      }
      registry.forget(definition.name);
      output.end();
    },
  };
}

/** Up means that every port answers; a program that ends three times before that does not come up. */
async function waitForPorts(
  definition: ContainerDefinition,
  ends: () => number,
  lastLines: () => string,
): Promise<void> {
  for (const [name, port] of Object.entries(definition.ports)) {
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries > 150 || ends() >= 3)
        throw new Error(
          `${definition.name} does not listen on its port ${name} (${port}). Its last words:\n${lastLines()}`,
        );
      await sleep(100);
    }
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
