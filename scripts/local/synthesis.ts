import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildServices } from '../build.ts';

const SOURCES = ['infra', 'functions', 'services', 'shared', 'scripts/build.ts', 'cdk.json', 'package-lock.json'];

/** Assemblies by a hash of all that goes into them, shared by all local stacks of this checkout. */
const CACHE = 'build/assemblies';

/**
 * Builds the services and synthesizes the CDK app, unless that was done with the same sources before; gives the folder of the
 * assembly. `stage` is what the names of the stacks begin with.
 */
export async function synthesize(stage: string): Promise<string> {
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object };
  const directory = path.resolve(CACHE, `${stage}-${hashOf(SOURCES).slice(0, 32)}`);
  if (existsSync(directory)) return directory;
  await buildServices();
  mkdirSync(CACHE, { recursive: true });
  // An interrupted synthesis leaves only a temporary folder; the second of two at the same time uses the folder of the first.
  const temporary = mkdtempSync(path.join(CACHE, 'making-'));
  try {
    await run([process.execPath, 'infra/app.ts'], {
      CDK_OUTDIR: path.resolve(temporary),
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage }),
    });
  } catch (error) {
    rmSync(temporary, { recursive: true });
    throw error;
  }
  if (existsSync(directory)) rmSync(temporary, { recursive: true });
  else renameSync(temporary, directory);
  return directory;
}

function hashOf(sources: string[]): string {
  const hash = createHash('sha256');
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
