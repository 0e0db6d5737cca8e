import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// Runs everything that must hold before a change lands, fast things first, and counts it in one closing line.

interface Step {
  name: string;
  command: string[];
  /** vitest writes its counts to this file. */
  report?: string;
  /** Its servers leave their statements for the step that reads plans. */
  statements?: boolean;
  /** Variables that it gets besides ours. */
  environment?: Record<string, string>;
}

const reports = mkdtempSync(path.join(tmpdir(), 'pamoja-test-'));
const statements = mkdtempSync(path.join(tmpdir(), 'pamoja-statements-'));

const vitest = (project: string): Step => {
  const report = path.join(reports, `${project}.json`);
  return {
    name: `${project} tests`,
    command: [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    report,
  };
};

const STEPS: Step[] = [
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  vitest('unit'),
  { name: 'synth', command: ['node', 'scripts/synth.ts'] },
  { name: 'MIME compared', command: ['node', 'scripts/mime-compare.ts'] },
  { name: 'fuzz SOAP', command: ['node', 'scripts/fuzz.ts', 'soap', '--quick'] },
  { name: 'fuzz IMAP', command: ['node', 'scripts/fuzz.ts', 'imap', '--quick'] },
  { name: 'fuzz MIME', command: ['node', 'scripts/fuzz.ts', 'mime', '--quick'] },
  { name: 'fuzz TNEF', command: ['node', 'scripts/fuzz.ts', 'tnef', '--quick'] },
  { name: 'fuzz calls', command: ['node', 'scripts/fuzz.ts', 'calls', '--quick'] },
  { name: 'fuzz API', command: ['node', 'scripts/fuzz.ts', 'api', '--quick'] },
  vitest('integration'),
  ...onMySql(),
  { ...vitest('conformance'), statements: true },
  { name: 'SOAP operations', command: ['node', 'scripts/soap-coverage.ts'], statements: true },
  { name: 'replay', command: ['node', 'scripts/replay.ts'], statements: true },
  { name: 'plans', command: ['node', 'scripts/plans.ts', statements] },
  { name: 'corpus', command: ['node', 'scripts/corpus.ts'] },
  { name: 'onboarding', command: ['node', 'scripts/onboard-test.ts', '--quick'] },
  { name: 'isolation', command: ['node', 'scripts/isolation-test.ts'] },
  { name: 'attacks', command: ['node', 'scripts/attack-test.ts'] },
  { name: 'purge', command: ['node', 'scripts/purge-test.ts', '--quick'] },
  { name: 'spooler', command: ['node', 'scripts/spool-test.ts'] },
  { name: 'kill test', command: ['node', 'scripts/kill-test.ts'] },
];

let passed = 0;
let failed = 0;
for (const step of STEPS) {
  const began = performance.now();
  console.log(`== ${step.name}`);
  const ok = await run(step);
  const counts = step.report ? readCounts(step.report) : undefined;
  passed += counts ? counts.passed : ok ? 1 : 0;
  // A run that failed without a failed test (a file that does not load) counts too.
  failed += counts && (ok || counts.failed > 0) ? counts.failed : ok ? 0 : 1;
  console.log(`== ${step.name}: ${ok ? 'ok' : 'FAILED'} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}
for (const folder of [reports, statements]) rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** The integration tests once more, on a MySQL, where one has been fetched. */
function onMySql(): Step[] {
  const root = process.env.MYSQL_ROOT ?? path.resolve('.local/mysql/root');
  if (!existsSync(path.join(root, 'usr/sbin/mysqld'))) {
    console.log('skipped: integration tests on MySQL; `npm run fetch-mysql` fetches one');
    return [];
  }
  const step = vitest('integration');
  return [
    {
      ...step,
      name: 'integration tests on MySQL',
      command: step.command.map((word) => word.replace('integration.json', 'mysql.json')),
      report: path.join(reports, 'mysql.json'),
      environment: { MYSQL_ROOT: root },
    },
  ];
}

function run({ command: [program = '', ...args], statements: logged, environment }: Step): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment, ...(logged ? { STATEMENT_LOGS: statements } : {}) },
    });
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}

function readCounts(report: string): { passed: number; failed: number } {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}
