import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Assembly, readAssembly } from './assembly.ts';
import { type Aws, awsClients, startAws } from './aws.ts';
import { localCertificate } from './certificate.ts';
import type { RunningContainer } from './containers.ts';
import { ACCOUNT, type AwsClients, configureNotifications, type Deployment, deploy, functionOf } from './deployment.ts';
import { pollQueue } from './event-sources.ts';
import { stageOf } from './folders.ts';
import { FunctionHosts, findByPart } from './function-hosts.ts';
import { serveHttpApi } from './http-api.ts';
import { type MariaDb, startMariaDb } from './mariadb.ts';
import { notifyQueues } from './notifications.ts';
import { fireSchedule, runSchedules, type Schedule } from './schedules.ts';
import type { StackOptions } from './stack-options.ts';
import { type OnStop, prepareStart, type Startup } from './startup.ts';
import { synthesize } from './synthesis.ts';
import { choosePorts, TaskRunner } from './tasks.ts';

/** The whole system on one machine, put together from what `cdk synth` says. */
export interface LocalStack {
  /** The environment in which the programs run; the kopano-* commands take it too. */
  environment: Record<string, string>;
  clients: AwsClients;
  deployment: Deployment;
  database: MariaDb;
  containers: Map<string, RunningContainer>;
  /** The socket over which local administrators of the store server are SYSTEM. */
  soapSocket: string;
  /** Starts one more task of a service, on ports that are free. */
  another(service: string): Promise<RunningContainer>;
  /** Port of the HTTP API, when the templates have one. */
  apiPort: number | undefined;
  invoke(functionNamePart: string, event: unknown): Promise<unknown>;
  fire(scheduleNamePart: string): Promise<unknown>;
  /** Ends the running environments of a function in the middle of their work; returns how many ran. */
  killFunction(functionNamePart: string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts everything; on failure everything that was started is stopped again. */
export async function startStack(options: StackOptions): Promise<LocalStack> {
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const close of closers.reverse())
      await Promise.resolve(close()).catch((error: unknown) => console.error(`stopping the local stack: ${error}`));
    closers.length = 0;
  };
  try {
    return { ...(await start(options, (close) => closers.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The steps of a start, in their order. */
async function start(options: StackOptions, onStop: OnStop): Promise<Omit<LocalStack, 'stop'>> {
  const startup = await prepareStart(options, onStop);
  const { data, progress } = startup;
  progress('synthesizing the CDK app');
  // Before the database has a folder, which tells a data folder from before there were stages.
  const assembly = readAssembly(await synthesize(stageOf(data)));
  const database = await startDatabase(startup);
  const aws = await startAws(path.join(data, 'aws'), onStop, progress);
  const clients = awsClients(aws.environment);
  progress('creating the queues, buckets, tables and topics of the templates');
  const deployment = await createResources(assembly, aws, clients, database);
  const overrides = overridesOf(options, aws);
  const hosts = new FunctionHosts(startup, deployment, overrides);
  await runTriggers(startup, deployment, hosts);
  const tasks = new TaskRunner(startup, overrides);
  const containers = await tasks.startAll(deployment.containers);
  pollQueues(startup, deployment, clients.sqs, hosts);
  const schedules = startSchedules(startup, deployment, hosts);
  return {
    environment: { ...deployment.containers[0]?.environment, ...overrides },
    ...{ clients, deployment, database, containers, soapSocket: tasks.soapSocket },
    apiPort: await serveApi(startup, deployment, hosts),
    another(service) {
      const definition = findByPart(deployment.containers, service);
      return tasks.start(definition, `${definition.name}-${randomBytes(3).toString('hex')}`, 'free');
    },
    invoke: (part, event) => hosts.byPart(part).invoke(event),
    fire: (part) => fireSchedule(findByPart(schedules, part)),
    killFunction: (part) => hosts.byPart(part).kill(),
  };
}

async function startDatabase({ options, data, registry, log, progress, onStop }: Startup): Promise<MariaDb> {
  progress('starting MariaDB');
  const directory = path.join(data, 'mariadb');
  const database = await startMariaDb({ directory, durable: options.durable ?? true, registry, log });
  onStop(() => database.stop());
  return database;
}

/** Makes the resources of the CDK app, their secrets, and the notifications of new objects. */
async function createResources(
  assembly: Assembly,
  aws: Aws,
  clients: AwsClients,
  database: MariaDb,
): Promise<Deployment> {
  const deployment = await deploy(assembly, {
    clients,
    database,
    queueUrl: (name) => `${aws.environment.AWS_ENDPOINT_URL_SQS}/${ACCOUNT}/${name}`,
  });
  await fillSecrets(deployment, database, aws.putSecret);
  if (aws.onObjectCreated) aws.onObjectCreated(notifyQueues(clients.sqs, deployment));
  else await configureNotifications(clients.s3, deployment);
  return deployment;
}

/**
 * Variables that differ from the templates: the loopback database speaks no TLS, programs listen on loopback only, and the options are those of
 * this start instead of the context's, so that other options need no other synthesis.
 */
const overridesOf = (options: StackOptions, aws: Aws): Record<string, string> => ({
  ...aws.environment,
  DB_TLS: 'off',
  LISTEN_HOST: '127.0.0.1',
  NODE_EXTRA_CA_CERTS: '',
  DNS_SERVER: options.dnsServer ?? '',
  KOPANO_OPTIONS: JSON.stringify(options.options ?? {}),
});

/** Calls the functions that a deployment runs once, such as the migrations. */
async function runTriggers({ progress }: Startup, { triggers }: Deployment, hosts: FunctionHosts): Promise<void> {
  for (const arn of triggers) {
    progress(`running ${functionOf(arn)}`);
    await hosts.byArn(arn).invoke({});
  }
}

function pollQueues({ options, log, onStop }: Startup, deployment: Deployment, sqs: SQSClient, hosts: FunctionHosts) {
  for (const source of deployment.eventSources) {
    const queue = deployment.queues.get(source.queueArn);
    if (!queue) throw new Error(`an event source names the queue ${source.queueArn}, which does not exist`);
    const { url: queueUrl, visibilitySeconds } = queue;
    const host = hosts.byArn(source.functionName);
    const retryFactor = options.retryFactor ?? RETRY_FACTOR;
    onStop(pollQueue({ sqs, host, retryFactor, log, source: { ...source, queueUrl, visibilitySeconds } }));
  }
}

/** Failed messages come back in seconds instead of minutes. */
const RETRY_FACTOR = 60;

function startSchedules({ log, onStop }: Startup, deployment: Deployment, hosts: FunctionHosts): Schedule[] {
  const schedules = deployment.schedules.map(({ functionArn, ...schedule }) => ({
    ...schedule,
    host: hosts.byArn(functionArn),
  }));
  onStop(runSchedules(schedules, log));
  return schedules;
}

/** Serves the HTTP API; gives its port, or nothing when the templates have no routes. */
async function serveApi(
  { options, onStop }: Startup,
  { routes }: Deployment,
  hosts: FunctionHosts,
): Promise<number | undefined> {
  if (routes.length === 0) return undefined;
  const { api = 0 } = await choosePorts('api', { api: 8080 }, options.ports);
  const served = routes.map(({ key, functionName, iam }) => ({ key, iam, host: hosts.byArn(functionName) }));
  onStop(await serveHttpApi(served, api));
  return api;
}

/** The database's secret gets the private server's account; a secret without a template is the TLS certificate. */
async function fillSecrets(deployment: Deployment, database: MariaDb, put: Aws['putSecret']): Promise<void> {
  for (const { id, generate } of deployment.secrets) {
    if (generate?.template.includes('"username"'))
      await put(id, () => JSON.stringify({ username: database.user, password: database.password }));
    else if (generate)
      await put(id, () =>
        JSON.stringify({
          ...(JSON.parse(generate.template) as object),
          [generate.key]: randomBytes(24).toString('base64url'),
        }),
      );
    else await put(id, localCertificate);
  }
}
