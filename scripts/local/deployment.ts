import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CreateTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Assembly, Resource, Stack } from './assembly.ts';
import { type Physical, resolve, resolveText, type Scope } from './intrinsics.ts';

// Makes what the templates say: each kind of resource that a program can notice has a function here that makes it; kinds that
// only exist on AWS (roles, subnets, alarms, ...) are listed as inert; any other kind stops the start.

export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

export interface AwsClients {
  s3: S3Client;
  sqs: SQSClient;
  sns: SNSClient;
  dynamodb: DynamoDBClient;
}

export interface Deployment {
  queues: Map<string, { url: string; visibilitySeconds: number }>;
  functions: {
    name: string;
    directory: string;
    handler: string;
    environment: Record<string, string>;
    timeoutSeconds: number;
  }[];
  eventSources: {
    functionName: string;
    queueArn: string;
    batchSize: number;
    partialResponses: boolean;
    concurrency: number;
  }[];
  notifications: { bucket: string; configuration: NotificationConfiguration }[];
  schedules: { name: string; expression: string; functionArn: string; input: unknown }[];
  /** `iam`: only callers that IAM has let in. */
  routes: { key: string; functionName: string; iam: boolean }[];
  containers: {
    name: string;
    directory: string;
    command: string[];
    environment: Record<string, string>;
    ports: Record<string, number>;
  }[];
  /** ARNs of functions to call once now, in their order. */
  triggers: string[];
  secrets: { id: string; generate: { template: string; key: string } | undefined }[];
}

export interface DeployOptions {
  clients: AwsClients;
  /** Where the database listens. */
  database: { host: string; port: number };
  queueUrl(name: string): string;
}

interface Maker {
  resource: Resource;
  id: string;
  stack: Stack;
  scope: Scope;
  properties: Record<string, unknown>;
}

/** Makes all resources of an assembly; existing ones stay unchanged. */
export async function deploy(assembly: Assembly, options: DeployOptions): Promise<Deployment> {
  const deployment: Deployment = {
    queues: new Map(),
    functions: [],
    eventSources: [],
    notifications: [],
    schedules: [],
    routes: [],
    containers: [],
    triggers: [],
    secrets: [],
  };
  const exports = new Map<string, () => unknown>();
  for (const stack of assembly.stacks) {
    const scope = scopeOf(stack, options, exports);
    for (const output of Object.values(stack.template.Outputs ?? {})) {
      if (output.Export) exports.set(resolveText(output.Export.Name, scope), () => resolve(output.Value, scope));
    }
  }
  const makers = assembly.stacks.flatMap((stack) => {
    const scope = scopeOf(stack, options, exports);
    return Object.entries(stack.template.Resources).map(([id, resource]) => ({
      id,
      resource,
      stack,
      scope,
      properties: resource.Properties ?? {},
    }));
  });
  for (const maker of makers)
    if (!(maker.resource.Type in MAKERS) && !INERT.test(maker.resource.Type))
      throw new Error(
        `${maker.stack.name}: the local stack does not know the kind ${maker.resource.Type} (${maker.id}); teach it in scripts/local/deployment.ts`,
      );
  for (const type of Object.keys(MAKERS)) {
    const make = MAKERS[type];
    // A dead-letter queue before the queue that names it.
    const ofType = makers
      .filter(({ resource }) => resource.Type === type)
      .sort((a, b) => Number('RedrivePolicy' in a.properties) - Number('RedrivePolicy' in b.properties));
    if (make) for (const maker of ofType) await make(maker, deployment, options, assembly);
  }
  return deployment;
}

/** Kinds that no program notices when it runs on one machine. */
const INERT =
  /^AWS::(IAM|EC2|Logs|KMS|CloudWatch|ElasticLoadBalancingV2|ApplicationAutoScaling)::|^AWS::(S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy|SES::ReceiptRule(Set)?|Lambda::(Version|Permission|EventInvokeConfig)|ECS::(Cluster|Service)|RDS::DB(Cluster|Instance|Proxy|ProxyTargetGroup|SubnetGroup|ClusterParameterGroup)|SecretsManager::SecretTargetAttachment|ApiGatewayV2::(Api|Stage|Integration)|Scheduler::ScheduleGroup)$/;

type Make = (maker: Maker, deployment: Deployment, options: DeployOptions, assembly: Assembly) => Promise<void> | void;

/** In the order in which they are made. */
const MAKERS: Record<string, Make> = {
  'AWS::S3::Bucket': async ({ stack, id }, _deployment, { clients }) => {
    await clients.s3.send(new CreateBucketCommand({ Bucket: physicalName(stack, id) })).catch(unlessThere);
  },
  'AWS::SQS::Queue': makeQueue,
  'AWS::SNS::Topic': async ({ stack, id }, _deployment, { clients }) => {
    await clients.sns.send(new CreateTopicCommand({ Name: physicalName(stack, id) }));
  },
  'AWS::SNS::Subscription': async ({ properties, scope }, _deployment, { clients }) => {
    const [TopicArn, Endpoint] = [resolveText(properties.TopicArn, scope), resolveText(properties.Endpoint, scope)];
    await clients.sns.send(
      new SubscribeCommand({
        TopicArn,
        Endpoint,
        Protocol: 'sqs',
        Attributes: { RawMessageDelivery: String(properties.RawMessageDelivery ?? false) },
      }),
    );
  },
  'AWS::DynamoDB::GlobalTable': makeTable,
  'AWS::SecretsManager::Secret': ({ stack, id, scope, properties }, deployment) => {
    const generate = properties.GenerateSecretString as
      | { SecretStringTemplate?: string; GenerateStringKey?: string }
      | undefined;
    const template = generate?.SecretStringTemplate;
    deployment.secrets.push({
      id: physical(stack, id, scope).ref,
      generate: template ? { template, key: generate?.GenerateStringKey ?? 'password' } : undefined,
    });
  },
  'AWS::Lambda::Function': makeFunction,
  'AWS::Lambda::EventSourceMapping': ({ properties, scope }, deployment) => {
    const types = (properties.FunctionResponseTypes as string[] | undefined) ?? [];
    const scaling = properties.ScalingConfig as { MaximumConcurrency?: number } | undefined;
    deployment.eventSources.push({
      functionName: resolveText(properties.FunctionName, scope),
      queueArn: resolveText(properties.EventSourceArn, scope),
      batchSize: Number(properties.BatchSize ?? 10),
      partialResponses: types.includes('ReportBatchItemFailures'),
      concurrency: Math.min(scaling?.MaximumConcurrency ?? 4, 4),
    });
  },
  'Custom::S3BucketNotifications': ({ properties, scope }, deployment) => {
    deployment.notifications.push({
      bucket: resolveText(properties.BucketName, scope),
      configuration: resolve(properties.NotificationConfiguration, scope) as NotificationConfiguration,
    });
  },
  'Custom::Trigger': ({ properties, scope }, deployment) => {
    deployment.triggers.push(resolveText(properties.HandlerArn, scope));
  },
  'AWS::Scheduler::Schedule': ({ stack, id, properties, scope }, deployment) => {
    const target = resolve(properties.Target, scope) as { Arn: string; Input?: string };
    deployment.schedules.push({
      name: `${stack.name}/${id}`,
      expression: resolveText(properties.ScheduleExpression, scope),
      functionArn: target.Arn,
      input: JSON.parse(target.Input ?? '{}'),
    });
  },
  'AWS::ApiGatewayV2::Route': ({ stack, properties, scope }, deployment) => {
    const integration =
      /integrations\/(.+)$/
        .exec(
          JSON.stringify(
            resolve(properties.Target, { ...scope, resource: (id) => ({ ref: id, attribute: () => id }) }),
          ),
        )?.[1]
        ?.replace(/"$/, '') ?? '';
    const uri = stack.template.Resources[integration]?.Properties?.IntegrationUri;
    deployment.routes.push({
      iam: properties.AuthorizationType === 'AWS_IAM',
      key: resolveText(properties.RouteKey, scope),
      functionName: functionOf(resolveText(uri, scope)),
    });
  },
  'AWS::ECS::TaskDefinition': makeContainer,
};

async function makeQueue(
  { stack, id, properties, scope }: Maker,
  deployment: Deployment,
  { clients, queueUrl }: DeployOptions,
): Promise<void> {
  const name = physicalName(stack, id);
  const redrive = properties.RedrivePolicy as { deadLetterTargetArn: unknown; maxReceiveCount: number } | undefined;
  const Attributes: Record<string, string> = {};
  for (const attribute of ['VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds']) {
    if (properties[attribute] !== undefined) Attributes[attribute] = resolveText(properties[attribute], scope);
  }
  if (redrive) {
    Attributes.RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: resolveText(redrive.deadLetterTargetArn, scope),
      maxReceiveCount: Number(redrive.maxReceiveCount),
    });
  }
  await clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
  await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl(name), Attributes }));
  deployment.queues.set(queueArn(name), {
    url: queueUrl(name),
    visibilitySeconds: Number(Attributes.VisibilityTimeout ?? 30),
  });
}

async function makeTable(
  { stack, id, properties }: Maker,
  _deployment: Deployment,
  { clients }: DeployOptions,
): Promise<void> {
  const TableName = physicalName(stack, id);
  const there = await clients.dynamodb.send(new DescribeTableCommand({ TableName })).then(
    () => true,
    () => false,
  );
  if (there) return;
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = properties as unknown as CreateTableCommandInput;
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions,
      KeySchema,
      GlobalSecondaryIndexes,
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}

function makeFunction(
  { stack, id, properties, scope }: Maker,
  deployment: Deployment,
  _options: DeployOptions,
  assembly: Assembly,
): void {
  const runtime = String(properties.Runtime ?? '');
  const code = properties.Code as { S3Key?: unknown; ZipFile?: string };
  // Helpers of the CDK itself (in Python, or behind custom resources that are made here directly) have nothing to do locally.
  if (!runtime.startsWith('nodejs24') || code.S3Key === undefined) return;
  const environment = properties.Environment as { Variables?: Record<string, unknown> } | undefined;
  deployment.functions.push({
    name: physical(stack, id, scope).ref,
    directory: assembly.asset(resolveText(code.S3Key, scope).replace(/\.zip$/, '')),
    handler: String(properties.Handler),
    environment: texts(environment?.Variables ?? {}, scope),
    timeoutSeconds: Number(properties.Timeout ?? 3),
  });
}

function makeContainer(
  { properties, scope }: Maker,
  deployment: Deployment,
  _options: DeployOptions,
  assembly: Assembly,
): void {
  interface Definition {
    Command?: string[];
    Environment?: { Name: string; Value: unknown }[];
    Image: unknown;
    PortMappings?: { ContainerPort: number; Name: string }[];
  }
  for (const definition of properties.ContainerDefinitions as Definition[]) {
    const command = definition.Command ?? [];
    deployment.containers.push({
      name: (command.at(-1) ?? 'container').replace(/\.mjs$/, ''),
      directory: assembly.asset(resolveText(definition.Image, scope).split(':').at(-1) ?? ''),
      command,
      environment: texts(
        Object.fromEntries((definition.Environment ?? []).map(({ Name, Value }) => [Name, Value])),
        scope,
      ),
      ports: Object.fromEntries(
        (definition.PortMappings ?? []).map(({ Name, ContainerPort }) => [Name, ContainerPort]),
      ),
    });
  }
}

const texts = (variables: Record<string, unknown>, scope: Scope): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, resolveText(value, scope)]));

/** Bucket, queue and table names: short enough for S3, and telling. */
const physicalName = (stack: Stack, id: string): string =>
  `${stack.name}-${id}`.toLowerCase().slice(0, 63).replace(/-$/, '');

const queueArn = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;

/** The name of a function in an ARN, of a version too. */
export const functionOf = (arn: string): string => arn.split(':')[6] ?? arn;

function scopeOf(stack: Stack, options: DeployOptions, exports: Map<string, () => unknown>): Scope {
  const scope: Scope = {
    stack: stack.name,
    region: REGION,
    account: ACCOUNT,
    resource: (id) => physical(stack, id, scope, options),
    imported(name) {
      const value = exports.get(name);
      if (!value) throw new Error(`${stack.name} imports ${name}, which no stack exports`);
      return value();
    },
  };
  return scope;
}

/** The values of Ref and Fn::GetAtt of a resource. */
function physical(stack: Stack, id: string, scope: Scope, options?: DeployOptions): Physical {
  const resource = stack.template.Resources[id];
  if (!resource) throw new Error(`${stack.name} refers to ${id}, which it does not have`);
  const name = physicalName(stack, id);
  const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
  const with_ = (ref: string, attributes: Record<string, string>): Physical => ({
    ref,
    attribute(attribute) {
      const value = attributes[attribute];
      if (value === undefined)
        throw new Error(`${stack.name}: ${id} (${resource.Type}) has no attribute ${attribute} here`);
      return value;
    },
  });
  const database = { host: options?.database.host ?? '', port: String(options?.database.port ?? '') };
  switch (resource.Type) {
    case 'AWS::S3::Bucket':
      return with_(name, { Arn: `arn:aws:s3:::${name}` });
    case 'AWS::SQS::Queue':
      return with_(options?.queueUrl(name) ?? name, { Arn: queueArn(name), QueueName: name });
    case 'AWS::SNS::Topic':
      return with_(arn('sns', name), { TopicArn: arn('sns', name), TopicName: name });
    case 'AWS::DynamoDB::GlobalTable':
      return with_(name, { Arn: arn('dynamodb', `table/${name}`) });
    case 'AWS::Lambda::Function':
      return with_(`${stack.name}-${id}`, { Arn: arn('lambda', `function:${stack.name}-${id}`) });
    case 'AWS::Lambda::Version': {
      const functionName = resolveText(resource.Properties?.FunctionName, scope);
      return with_(arn('lambda', `function:${functionName}:1`), {});
    }
    case 'AWS::SecretsManager::Secret':
      // Secrets Manager takes a name as well as an ARN, and only the name is known before the secret exists.
      return with_(`${stack.name}-${id}`, {});
    case 'AWS::SecretsManager::SecretTargetAttachment':
      return with_(resolveText(resource.Properties?.SecretId, scope), {});
    case 'AWS::RDS::DBCluster':
      return with_(name, {
        'Endpoint.Address': database.host,
        'Endpoint.Port': database.port,
        'ReadEndpoint.Address': database.host,
      });
    case 'AWS::RDS::DBProxy':
      return with_(name, { Endpoint: database.host, DBProxyArn: arn('rds', `db-proxy:${name}`) });
    default:
      // No program reads attributes of an inert resource: any text will do.
      return { ref: name, attribute: (attribute) => `${name}/${attribute}` };
  }
}

/** Tells the bucket's owner of new objects: LocalStack by its own means, the emulator by a hook in this process. */
export async function configureNotifications(s3: S3Client, deployment: Deployment): Promise<void> {
  for (const { bucket, configuration } of deployment.notifications) {
    await s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: configuration }),
    );
  }
}

function unlessThere(error: unknown): void {
  if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes((error as { name?: string }).name ?? ''))
    throw error;
}
