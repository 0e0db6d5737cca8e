import { attacks as administrators } from './attacks/administrators.ts';
import { attacks as api } from './attacks/api.ts';
import type { Attack } from './attacks/attack.ts';
import { attacks as domains } from './attacks/domains.ts';
import { attacks as loginThrottle } from './attacks/login-throttle.ts';
import { attacks as mailParsing } from './attacks/mail-parsing.ts';
import { attacks as mailbox } from './attacks/mailbox.ts';
import { attacks as sessions } from './attacks/sessions.ts';
import { attacks as storeRights } from './attacks/store-rights.ts';
import { attacks as storeServer } from './attacks/store-server.ts';
import { attacks as submission } from './attacks/submission.ts';
import { apiClient } from './clients/api-client.ts';
import { startTemporaryStack } from './local/temporary.ts';

// Attacks on a running stack, each of which once worked or is a relative of one that did. An argument runs the attacks of one group alone.

const GROUPS: Record<string, readonly Attack[]> = {
  mailParsing,
  submission,
  administrators,
  domains,
  api,
  mailbox,
  storeRights,
  sessions,
  loginThrottle,
  storeServer,
};
const [only] = process.argv.slice(2);
const groups = Object.entries(GROUPS).filter(([name]) => only === undefined || name === only);
if (groups.length === 0) throw new Error(`no group ${only}: ${Object.keys(GROUPS).join(', ')}`);

// No relay listens: submitted messages stay in the queue.
const stack = await startTemporaryStack({
  durable: false,
  options: { smtp_server: '127.0.0.1', smtp_port: 9, password_min_length: 8 },
});
const through: string[] = [];
let tried = 0;
try {
  const target = { stack, api: apiClient(stack.apiPort ?? 0) };
  for (const [group, attacks] of groups) {
    for (const { name, run } of attacks) {
      tried++;
      const held = await run(target).catch((error: unknown) => {
        console.log(`${group}: ${name}: ${error instanceof Error ? error.stack : error}`);
        return false;
      });
      if (!held) through.push(`${group}: ${name}`);
    }
  }
} finally {
  await stack.stop();
}
for (const line of through) console.log(`through: ${line}`);
console.log(`attacks: ${tried} tried, ${through.length} through`);
process.exit(through.length > 0 || tried === 0 ? 1 : 0);
