import { spawn } from 'node:child_process';

/** Runs the load driver, which knows any LMTP and IMAP server; gives the line of JSON that it prints. */
export function mailload<Result>(...args: string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['scripts/bench/mailload.mjs', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk;
    });
    child.once('close', (code) =>
      code === 0
        ? resolve(JSON.parse(output) as Result)
        : reject(new Error(`mailload ${args[0]}: ${errors.slice(-500)}`)),
    );
  });
}
