import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildServices } from '../build.ts';

const SOURCES = ['infra', 'functions', 'services', 'shared', 'scripts/build.ts', 'cdk.json', 'package-lock.json'];

/**
 * Builds the services and synthesizes the CDK app into `directory`, unless that was done with the same sources and options.
 * `options` are the Kopano options of the context.
 */
export async function synthesize(directory: string, options: Record<string, unknown>): Promise<void> {
  const context = { ...(JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object }).context, kopano: options };
  const inputs = hashOf(SOURCES, JSON.stringify(context));
  const stamp = path.join(directory, '.inputs');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) return;
  await buildServices();
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await run([process.execPath, 'infra/app.ts'], { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(context) });
  writeFileSync(stamp, inputs);
}

function hashOf(sources: string[], extra: string): string {
  const hash = createHash('sha256').update(extra);
  const visit = (file: string) => {
    if (statSync(file).isDirectory()) for (const entry of readdirSync(file).sort()) visit(path.join(file, entry));
    else hash.update(file).update('\0').update(readFileSync(file));
  };
  sources.forEach(visit);
  return hash.digest('hex');
}

function run([program = '', ...args]: string[], environment: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the CDK app cannot be synthesized:\n${output}`)),
    );
  });
}
