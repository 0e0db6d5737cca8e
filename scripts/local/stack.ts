import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseOptions } from '../../shared/platform/options.ts';
import { readAssembly } from './assembly.ts';
import { localCertificate } from './certificate.ts';
import { type RunningContainer, runContainer } from './containers.ts';
import {
  ACCOUNT,
  type AwsClients,
  configureNotifications,
  type Deployment,
  deploy,
  functionOf,
  REGION,
} from './deployment.ts';
import { startEmulators } from './emulators.ts';
import { pollQueue } from './event-sources.ts';
import { dataFolder, privateFolder, stageOf } from './folders.ts';
import { serveHttpApi } from './http-api.ts';
import { LambdaHost } from './lambda-host.ts';
import { type MariaDb, startMariaDb } from './mariadb.ts';
import { notifyQueues } from './notifications.ts';
import { freePort, isFree } from './ports.ts';
import { ProcessRegistry, takeLock } from './processes.ts';
import { fireSchedule, runSchedules, type Schedule } from './schedules.ts';
import { startSecrets } from './secrets.ts';
import { synthesize } from './synthesis.ts';

export interface StackOptions {
  /** Everything that must survive a restart, and the logs. */
  data: string;
  /** `declared`: the ports of the container definitions; `free`: any that are free. */
  ports: 'declared' | 'free';
  /** Kopano options, by their names. */
  options?: Record<string, unknown>;
  /** `address:port` of the name server that the programs ask; absent: that of the system. */
  dnsServer?: string;
  /** How much sooner than on AWS a message that failed comes back. */
  retryFactor?: number;
  /** False only in tests that kill no database. */
  durable?: boolean;
  progress?: (line: string) => void;
  /** Gives the start up before its next step; what was started is stopped again. */
  signal?: AbortSignal;
}

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
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => {});
    closers.length = 0;
  };
  try {
    return { ...(await start(options, (close) => closers.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StackOptions,
  onStop: (close: () => Promise<void> | void) => void,
): Promise<Omit<LocalStack, 'stop'>> {
  parseOptions(options.options ?? {});
  const data = dataFolder(options.data);
  const progress = (line: string) => {
    options.signal?.throwIfAborted();
    options.progress?.(line);
  };
  onStop(takeLock(data));
  const logs = privateFolder(path.join(data, 'log'));
  const log = lineLog(path.join(logs, 'stack.log'));
  const registry = new ProcessRegistry(data);
  const leftovers = await registry.endLeftovers();
  if (leftovers.length > 0) progress(`ended what an earlier stack had left running: ${leftovers.join(', ')}`);

  progress('synthesizing the CDK app');
  const assembly = readAssembly(await synthesize(stageOf(data)));

  progress('starting MariaDB');
  const database = await startMariaDb({
    directory: path.join(data, 'mariadb'),
    durable: options.durable ?? true,
    registry,
    log,
  });
  onStop(() => database.stop());

  const aws = await startAws(path.join(data, 'aws'), onStop, progress);
  const clients = awsClients(aws.environment);
  progress('making queues, buckets, tables and topics of the templates');
  const deployment = await deploy(assembly, {
    clients,
    database,
    queueUrl: (name) => `${aws.environment.AWS_ENDPOINT_URL_SQS}/${ACCOUNT}/${name}`,
  });
  await fillSecrets(deployment, database, aws.putSecret);
  if (aws.onObjectCreated) aws.onObjectCreated(notifyQueues(clients.sqs, deployment));
  else await configureNotifications(clients.s3, deployment);

  // What differs from the templates: the loopback database speaks no TLS, programs listen on loopback only, and the options are
  // those of this start instead of the context's, so that other options ask for no other synthesis.
  const overrides = {
    ...aws.environment,
    DB_TLS: 'off',
    LISTEN_HOST: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: '',
    DNS_SERVER: options.dnsServer ?? '',
    KOPANO_OPTIONS: JSON.stringify(options.options ?? {}),
  };
  const hosts = new Map(
    deployment.functions.map((definition) => [
      definition.name,
      new LambdaHost(
        { ...definition, environment: { ...baseEnvironment(), ...definition.environment, ...overrides } },
        log,
      ),
    ]),
  );
  onStop(async () => {
    await Promise.all([...hosts.values()].map((host) => host.stop()));
  });
  const hostOf = (arn: string): LambdaHost => {
    const host = hosts.get(functionOf(arn));
    if (!host) throw new Error(`there is no function ${arn}`);
    return host;
  };
  for (const arn of deployment.triggers) {
    progress(`running ${functionOf(arn)}`);
    await hostOf(arn).invoke({});
  }

  const containers = new Map<string, RunningContainer>();
  // Local administration of the store server, by whoever may use the folder.
  const soapSocket = path.resolve(options.data, 'soap.sock');
  const startTask = async (
    definition: (typeof deployment.containers)[number],
    name: string,
    mode: StackOptions['ports'],
    more: Record<string, string> = {},
  ): Promise<RunningContainer> => {
    const ports = await choosePorts(name, definition.ports, mode);
    const portVariables = Object.fromEntries(
      Object.entries(ports).map(([name, port]) => [`${name.toUpperCase()}_PORT`, String(port)]),
    );
    progress(
      `starting ${name} (${Object.entries(ports)
        .map(([name, port]) => `${name} ${port}`)
        .join(', ')})`,
    );
    const environment = { ...baseEnvironment(), ...definition.environment, ...overrides, ...portVariables, ...more };
    const container = await runContainer({ ...definition, name, ports, environment }, logs, registry, log);
    onStop(() => container.stop());
    return container;
  };
  for (const definition of deployment.containers) {
    const socket: Record<string, string> = definition.name === 'store-server' ? { SOAP_SOCKET: soapSocket } : {};
    containers.set(definition.name, await startTask(definition, definition.name, options.ports, socket));
  }

  for (const source of deployment.eventSources) {
    const queue = deployment.queues.get(source.queueArn);
    if (!queue) throw new Error(`an event source names the queue ${source.queueArn}, which is not there`);
    const stopPolling = pollQueue(
      clients.sqs,
      { ...source, queueUrl: queue.url, visibilitySeconds: queue.visibilitySeconds },
      hostOf(source.functionName),
      options.retryFactor ?? 60,
      log,
    );
    onStop(stopPolling);
  }
  const schedules: Schedule[] = deployment.schedules.map(({ name, expression, functionArn, input }) => ({
    name,
    expression,
    input,
    host: hostOf(functionArn),
  }));
  onStop(runSchedules(schedules, log));
  const apiPort =
    deployment.routes.length > 0 ? ((await choosePorts('api', { api: 8080 }, options.ports)).api ?? 0) : undefined;
  if (apiPort !== undefined)
    onStop(
      await serveHttpApi(
        deployment.routes.map(({ key, functionName, iam }) => ({ key, iam, host: hostOf(functionName) })),
        apiPort,
      ),
    );

  const find = <T extends { name: string }>(list: Iterable<T>, part: string): T => {
    const found = [...list].find(({ name }) => name.includes(part));
    if (!found) throw new Error(`nothing here is called ${part}`);
    return found;
  };
  const programEnvironment = deployment.containers[0]?.environment ?? {};
  return {
    environment: { ...programEnvironment, ...overrides },
    clients,
    deployment,
    database,
    containers,
    soapSocket,
    another(service) {
      const definition = find(deployment.containers, service);
      return startTask(definition, `${definition.name}-${randomBytes(3).toString('hex')}`, 'free');
    },
    apiPort,
    invoke: (part, event) => find(hosts.values(), part).invoke(event),
    fire: (part) => fireSchedule(find(schedules, part)),
    killFunction: (part) => find(hosts.values(), part).kill(),
  };
}

interface Aws {
  /** What tells the SDK where the services are. */
  environment: Record<string, string>;
  putSecret(id: string, make: () => Promise<string> | string): Promise<void>;
  /** Undefined where the service itself passes notifications on. */
  onObjectCreated: ((callback: (bucket: string, key: string, size: number) => Promise<void>) => void) | undefined;
}

/** The emulators or, with AWS_ENDPOINT_URL set, LocalStack (docs/local.md). */
async function startAws(
  directory: string,
  onStop: (close: () => Promise<void>) => void,
  progress: (line: string) => void,
): Promise<Aws> {
  const credentials = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const localStack = process.env.AWS_ENDPOINT_URL;
  if (localStack) {
    progress(`using ${localStack} for S3, SQS, SNS, DynamoDB and Secrets Manager`);
    const url = localStack.replace(/\/$/, '');
    const client = new SecretsManagerClient({
      region: REGION,
      endpoint: url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    return {
      environment: {
        ...credentials,
        AWS_ENDPOINT_URL: url,
        AWS_ENDPOINT_URL_SQS: url,
        AWS_ENDPOINT_URL_DYNAMODB: url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      },
      async putSecret(id, make) {
        await client
          .send(new CreateSecretCommand({ Name: id, SecretString: await make() }))
          .catch((error: { name?: string }) => {
            if (error.name !== 'ResourceExistsException') throw error;
          });
      },
      onObjectCreated: undefined,
    };
  }
  progress('starting the emulators of S3, SQS, SNS and DynamoDB');
  const emulators = await startEmulators(directory);
  onStop(() => emulators.stop());
  const secrets = await startSecrets(directory);
  onStop(() => secrets.stop());
  const { s3, sqs, dynamodb } = emulators.endpoints;
  return {
    environment: {
      ...credentials,
      AWS_ENDPOINT_URL: s3,
      AWS_ENDPOINT_URL_SQS: sqs,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    },
    async putSecret(id, make) {
      if (secrets.get(id) === undefined) secrets.put(id, await make());
    },
    onObjectCreated: emulators.onObjectCreated,
  };
}

function awsClients(environment: Record<string, string>): AwsClients {
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  };
  const at = (name: string) => ({ region: REGION, endpoint: environment[name], credentials });
  return {
    s3: new S3Client({ ...at('AWS_ENDPOINT_URL'), forcePathStyle: true }),
    sqs: new SQSClient({ ...at('AWS_ENDPOINT_URL_SQS'), useQueueUrlAsEndpoint: false }),
    sns: new SNSClient(at('AWS_ENDPOINT_URL')),
    dynamodb: new DynamoDBClient(at('AWS_ENDPOINT_URL_DYNAMODB')),
  };
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

async function choosePorts(
  what: string,
  declared: Record<string, number>,
  mode: StackOptions['ports'],
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const [name, port] of Object.entries(declared)) {
    if (mode === 'declared' && !(await isFree(port)))
      throw new Error(
        `port ${port} (${name} of ${what}) is taken by another program; end that, or start with --ports free`,
      );
    ports[name] = mode === 'declared' ? port : await freePort();
  }
  return ports;
}

/** What every process has anyway. */
const baseEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  TMPDIR: process.env.TMPDIR ?? '/tmp',
  LANG: 'C.UTF-8',
});

function lineLog(file: string): (line: string) => void {
  const stream = createWriteStream(file, { flags: 'a' });
  return (line) => void stream.write(`${line}\n`);
}
