import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSmtpSink } from './clients/smtp-sink.ts';
import { DEMO_DOMAIN, DEMO_USERS, makeDemoTenant, makeTenant, SINGLE_DOMAIN } from './local/demo.ts';
import { dataFolder, privateFolder, writeWhole } from './local/folders.ts';
import { type LocalStack, startStack } from './local/stack.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.local' },
    ports: { type: 'string', default: 'declared' },
    option: { type: 'string', multiple: true, default: [] },
    single: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'scripts/start [--data FOLDER] [--ports declared|free] [--option name=value ...] [--single]\n--single: one company with plain login names, and none of its users (enable_hosted_kopano = false)',
  );
  process.exit(0);
}

const options: Record<string, unknown> = Object.fromEntries(
  values.option.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
);
if (values.single) options.enable_hosted_kopano = 'no';
const began = performance.now();
const progress = (line: string) =>
  console.log(`  ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${line}`);

let stack: LocalStack | undefined;
const abort = new AbortController();
let leaving = false;
const leave = async () => {
  if (leaving) return;
  leaving = true;
  console.log('\nstopping');
  // Before the stack is up, it is the start that has to be given up.
  if (!stack) return abort.abort();
  await stack.stop();
  process.exit(0);
};
process.on('SIGINT', leave);
process.on('SIGTERM', leave);

/** Without a relay, mail for the world is written to files; mail of demo users for each other is delivered directly. */
const outside = `${values.data}/outgoing`;

async function startWorld(): Promise<void> {
  dataFolder(values.data);
  privateFolder(outside);
  const sink = await startSmtpSink({});
  let count = 0;
  sink.answerMessage = ({ bytes, recipients }) => {
    writeFileSync(`${outside}/${Date.now()}-${++count}.eml`, bytes, { mode: 0o600 });
    console.log(`  mail for ${recipients.join(', ')} is in ${outside}`);
    return undefined;
  };
  options.smtp_server = '127.0.0.1';
  options.smtp_port = sink.port;
  options.deliver_local_directly ??= 'yes';
}

try {
  console.log('Pamoja starts on this machine');
  if (options.smtp_server === undefined) await startWorld();
  stack = await startStack({
    data: values.data,
    ports: values.ports === 'free' ? 'free' : 'declared',
    options,
    progress,
    signal: abort.signal,
  });
  progress(values.single ? 'looking after the one company' : 'looking after the demo tenant');
  if (values.single) await makeTenant(stack.database, options, 'default', [SINGLE_DOMAIN], []);
  else await makeDemoTenant(stack.database, options);
  writeWhole(`${values.data}/environment.json`, JSON.stringify(stack.environment, null, 2));
  console.log(summary(stack));
} catch (error) {
  await stack?.stop();
  if (abort.signal.aborted) process.exit(0);
  console.error(`\nThe local stack cannot start: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

function summary({ containers, deployment, environment, apiPort, database, soapSocket }: LocalStack): string {
  const port = (service: string, name: string) => containers.get(service)?.ports[name];
  const bucket = deployment.notifications[0]?.bucket;
  const [user, other] = DEMO_USERS;
  return `
Up after ${((performance.now() - began) / 1000).toFixed(1)} s. Ctrl-C stops it; everything is kept in ${values.data}.

  LMTP        127.0.0.1:${port('lmtp', 'lmtp')}
  Submission  127.0.0.1:${port('submission', 'submission')} (STARTTLS), 127.0.0.1:${port('submission', 'submissions')} (TLS); mail for the world: ${outside}
  IMAP        127.0.0.1:${port('gateway', 'imap')} (STARTTLS), 127.0.0.1:${port('gateway', 'imaps')} (TLS, self-signed)
  POP3        127.0.0.1:${port('gateway', 'pop3')} (STLS), 127.0.0.1:${port('gateway', 'pop3s')} (TLS)
  SOAP        http://127.0.0.1:${port('store-server', 'soap')}, https://127.0.0.1:${port('store-server', 'soaps')}
  SOAP socket file://${soapSocket}   (who may open it is SYSTEM)
  S3, SQS     ${environment.AWS_ENDPOINT_URL}   inbound bucket ${bucket}
  DynamoDB    ${environment.AWS_ENDPOINT_URL_DYNAMODB}${apiPort ? `\n  HTTP API    http://127.0.0.1:${apiPort}` : ''}
  MariaDB     127.0.0.1:${database.port}
  Logs        ${values.data}/log

${values.single ? `  One company, without users yet; addresses in ${SINGLE_DOMAIN}:\n    kopano-admin -c NAME -p PASS -e NAME@${SINGLE_DOMAIN} -f FULL -a 0` : demo()}
`;

  function demo(): string {
    return `  Demo tenant (${DEMO_DOMAIN})
${DEMO_USERS.map(({ login, password }) => `    ${login.padEnd(18)} password ${password}`).join('\n')}

Try:
  1. send a message in over LMTP
     swaks --protocol LMTP --server 127.0.0.1 --port ${port('lmtp', 'lmtp')} --from me@example.com --to ${user?.login} --header 'Subject: hello'
  2. send another through S3, SQS and the delivery function
     printf 'To: ${user?.login}\\r\\nSubject: from S3\\r\\n\\r\\nA second one.\\r\\n' | curl -s -T - -X PUT ${environment.AWS_ENDPOINT_URL}/${bucket}/drop/hello.eml
  3. have ${user?.login} send one to ${other?.login} and to the world
     printf 'From: ${user?.login}\\r\\nTo: ${other?.login}, you@example.com\\r\\nSubject: out\\r\\n\\r\\nA third one.\\r\\n' | curl -sk smtps://127.0.0.1:${port('submission', 'submissions')} -u ${user?.login}:${user?.password} --mail-from ${user?.login} --mail-rcpt ${other?.login} --mail-rcpt you@example.com -T -
  4. read them
     curl -sk imaps://127.0.0.1:${port('gateway', 'imaps')}/INBOX -u ${user?.login}:${user?.password} -X 'FETCH 1:* (FLAGS ENVELOPE)'
`;
  }
}
