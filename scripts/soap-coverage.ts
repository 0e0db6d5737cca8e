import { OPERATIONS, type OperationName } from '../shared/protocol/soap/interface.ts';
import type { Inconsistency } from '../shared/store/upkeep/fsck.ts';
import { startTemporaryStack } from './local/temporary.ts';
import { checkAdministratorLevels } from './soap-coverage/administrator-levels.ts';
import { createEnvironment } from './soap-coverage/environment.ts';
import { runCheck } from './soap-coverage/run-check.ts';

// Calls every operation of the SOAP interface: by a caller who has the right, and looks at what it has done; before that by a colleague without
// the right and by an administrator of another company, who must both be refused. soap-coverage/checks.ts has the table of all checks.

const names = Object.keys(OPERATIONS) as OperationName[];
const stack = await startTemporaryStack({
  durable: false,
  options: { outgoing_transport: 'smtp', smtp_server: '127.0.0.1', smtp_port: 9 },
});
const failures: string[] = [];
let covered = 0;
let problems: Inconsistency[] = [];
try {
  const environment = await createEnvironment(stack);
  failures.push(...(await checkAdministratorLevels(environment)));
  for (const name of names) {
    const wrong = await runCheck(name, environment).catch((error: unknown) => [String(error)]);
    if (wrong.length === 0) covered++;
    for (const line of wrong) failures.push(`${name}: ${line}`);
  }
  problems = await stack.fsck();
} finally {
  await stack.stop();
}
for (const line of [...failures, ...problems.map((problem) => `fsck: ${JSON.stringify(problem)}`)]) console.log(line);
console.log(`soap-coverage: ${covered} of ${names.length} operations`);
process.exit(failures.length + problems.length > 0 ? 1 : 0);
