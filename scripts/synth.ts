import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildServices } from './build.ts';

// Builds the services and synthesizes every stack with the CDK's own command: no network, no docker, no AWS account.

const began = performance.now();
await buildServices();
const output = mkdtempSync(path.join(tmpdir(), 'pamoja-synth-'));
const { AWS_PROFILE: _profile, AWS_ACCESS_KEY_ID: _key, ...environment } = process.env;
const result = spawnSync('cdk', ['synth', '--quiet', '--output', output], { encoding: 'utf8', env: environment });
const stacks = readdirSync(output).filter((file) => file.endsWith('.template.json')).length;
rmSync(output, { recursive: true, force: true });
if (result.status !== 0 || stacks === 0) {
  console.error(result.stderr || result.stdout || result.error?.message);
  process.exit(1);
}
console.log(`synth: ${stacks} stacks in ${((performance.now() - began) / 1000).toFixed(1)} s`);
