import { App, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { ApiStack } from '../../infra/stacks/api-stack.ts';
import { DataStack } from '../../infra/stacks/data-stack.ts';
import { MailInStack } from '../../infra/stacks/mail-in-stack.ts';
import { MailOutStack } from '../../infra/stacks/mail-out-stack.ts';
import { MaintenanceStack } from '../../infra/stacks/maintenance-stack.ts';
import { NetworkStack } from '../../infra/stacks/network-stack.ts';
import { ServicesStack } from '../../infra/stacks/services-stack.ts';
import { buildServices } from '../../scripts/build.ts';

let templates: Record<'network' | 'data' | 'mailIn' | 'mailOut' | 'services' | 'maintenance' | 'api', Template>;

beforeAll(async () => {
  await buildServices();
  // Nothing is bundled: these tests read the templates only.
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const network = new NetworkStack(app, 'Network');
  const data = new DataStack(app, 'Data', { network });
  const of = (stack: Stack) => Template.fromStack(stack);
  const mailIn = new MailInStack(app, 'MailIn', { network, data });
  const mailOut = new MailOutStack(app, 'MailOut', { network, data });
  const services = new ServicesStack(app, 'Services', { network, data, mailOut });
  const api = new ApiStack(app, 'Api', { network, data });
  const maintenance = new MaintenanceStack(app, 'Maintenance', { network, data });
  templates = {
    network: of(network),
    data: of(data),
    mailIn: of(mailIn),
    mailOut: of(mailOut),
    services: of(services),
    maintenance: of(maintenance),
    api: of(api),
  };
}, 60_000);

describe('data', () => {
  it('the database is encrypted, retained on deletion, backed up, TLS only, and reached through a proxy', () => {
    templates.data.hasResourceProperties('AWS::RDS::DBCluster', {
      StorageEncrypted: true,
      DeletionProtection: true,
      BackupRetentionPeriod: 14,
    });
    templates.data.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
      Parameters: Match.objectLike({
        require_secure_transport: 'ON',
        transaction_isolation: 'READ-COMMITTED',
        sql_mode: Match.stringLikeRegexp('STRICT_TRANS_TABLES'),
      }),
    });
    templates.data.hasResourceProperties('AWS::RDS::DBProxy', { RequireTLS: true });
  });

  it('the attachments bucket is encrypted by key, versioned, private, TLS only and retained', () => {
    templates.data.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            Match.objectLike({ ServerSideEncryptionByDefault: Match.objectLike({ SSEAlgorithm: 'aws:kms' }) }),
          ],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    });
  });

  it('the control table expires items, is encrypted and can be restored', () => {
    templates.data.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      SSESpecification: { SSEEnabled: true },
      Replicas: [Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } })],
    });
  });
});

describe('every stack', () => {
  const each = () => Object.entries(templates);

  it('lets only TLS reach its buckets, queues and topics', () => {
    for (const [name, template] of each()) {
      const buckets = Object.keys(template.findResources('AWS::S3::Bucket')).length;
      const queues = Object.keys(template.findResources('AWS::SQS::Queue')).length;
      const topics = Object.keys(template.findResources('AWS::SNS::Topic')).length;
      for (const [type, count] of [
        ['AWS::S3::BucketPolicy', buckets],
        ['AWS::SQS::QueuePolicy', queues],
        ['AWS::SNS::TopicPolicy', topics],
      ] as const) {
        const policies = Object.values(template.findResources(type)).filter((policy) =>
          JSON.stringify(policy).includes('"aws:SecureTransport":"false"'),
        );
        expect(policies.length, `${name} ${type}`).toBe(count);
      }
    }
  });

  it('gives each queue a dead-letter queue with an alarm, and encrypts both', () => {
    for (const [name, template] of each()) {
      const queues = Object.values(template.findResources('AWS::SQS::Queue'));
      const redriven = queues.filter((queue) => queue.Properties.RedrivePolicy);
      expect(queues.length, name).toBe(2 * redriven.length);
      expect(
        queues.every((queue) => queue.Properties.SqsManagedSseEnabled),
        name,
      ).toBe(true);
      expect(Object.keys(template.findResources('AWS::CloudWatch::Alarm')).length, name).toBeGreaterThanOrEqual(
        2 * redriven.length,
      );
    }
  });

  it('has no * in the actions that its policies allow', () => {
    for (const [name, template] of each()) {
      for (const policy of Object.values({
        ...template.findResources('AWS::IAM::Policy'),
        ...template.findResources('AWS::IAM::Role'),
      })) {
        const documents = [
          policy.Properties.PolicyDocument,
          ...(policy.Properties.Policies ?? []).map((inline: { PolicyDocument: unknown }) => inline.PolicyDocument),
        ].filter(Boolean);
        const actions = documents
          .flatMap((document) => document.Statement)
          .flatMap((statement: { Effect: string; Action: string | string[] }) =>
            statement.Effect === 'Allow' ? statement.Action : [],
          );
        expect(
          actions.filter((action: string) => action.includes('*')),
          name,
        ).toEqual([]);
      }
    }
  });

  it('runs Lambdas on Node 24 in the network', () => {
    for (const [, template] of each()) {
      for (const lambda of Object.values(template.findResources('AWS::Lambda::Function'))) {
        if (!lambda.Properties.Environment?.Variables?.DB_HOST) continue;
        expect(lambda.Properties.Runtime).toBe('nodejs24.x');
        expect(lambda.Properties.VpcConfig).toBeDefined();
      }
    }
  });
});

describe('mail in', () => {
  it('SES stores a message and says so on the topic that feeds the queue, and objects under drop/ feed it too', () => {
    templates.mailIn.hasResourceProperties('AWS::SES::ReceiptRule', {
      Rule: Match.objectLike({
        Enabled: true,
        ScanEnabled: true,
        Actions: [{ S3Action: Match.objectLike({ ObjectKeyPrefix: 'ses/', TopicArn: Match.anyValue() }) }],
      }),
    });
    templates.mailIn.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'sqs', RawMessageDelivery: true });
    templates.mailIn.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: {
        QueueConfigurations: [
          Match.objectLike({ Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'drop/' }] } } }),
        ],
      },
    });
  });

  it('much mail for addresses that do not exist rings one alarm', () => {
    templates.mailIn.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'Pamoja',
      MetricName: 'UnknownRecipients',
      Threshold: 1000,
      Period: 3600,
    });
  });

  it('the delivery function reports failures one by one, and its queue waits six times its time-out', () => {
    templates.mailIn.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 10,
    });
    const queue = Object.values(templates.mailIn.findResources('AWS::SQS::Queue')).find(
      (resource) => resource.Properties.RedrivePolicy,
    );
    const lambda = Object.values(templates.mailIn.findResources('AWS::Lambda::Function')).find(
      (resource) => resource.Properties.Runtime === 'nodejs24.x',
    );
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * lambda?.Properties.Timeout);
  });
});

describe('services', () => {
  it('each runs at least two tasks, with a roll-back, behind a load balancer', () => {
    templates.services.allResourcesProperties('AWS::ECS::Service', {
      DesiredCount: 2,
      DeploymentConfiguration: Match.objectLike({ DeploymentCircuitBreaker: { Enable: true, Rollback: true } }),
    });
    templates.services.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 2);
  });

  it('every client keeps its own address behind the load balancer, by which guesses are counted', () => {
    const groups = Object.values(templates.services.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(groups.length).toBeGreaterThan(0);
    for (const { Properties } of groups)
      expect(Properties.TargetGroupAttributes).toContainEqual({ Key: 'preserve_client_ip.enabled', Value: 'true' });
  });

  it('LMTP is not reachable from outside', () => {
    templates.services.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
  });
});

describe('the world', () => {
  /** Ports that speak TLS, or take no password before it. */
  const OPEN = [110, 143, 237, 465, 587, 993, 995];

  it('reaches these ports and no other in any security group, over IPv4 and IPv6', () => {
    const ports = Object.values(templates).flatMap((template) => ingressOf(template).filter(isWorld).map(portsOf));
    expect(ports.length).toBeGreaterThan(0);
    for (const [from, to] of ports) {
      expect(from).toBe(to);
      expect(OPEN).toContain(from);
    }
  });

  it('never reaches port 236, also when that is open within the network', () => {
    const inside = servicesWith({ plainSoap: 'inside' });
    for (const template of [templates.services, inside]) {
      expect(listenersOf(template, 'internet-facing').sort()).toEqual(OPEN.map(String).sort());
      for (const rule of ingressOf(template).filter(isWorld)) {
        const [from, to] = portsOf(rule);
        for (const port of [236, 1236, 24, 2003]) expect(from <= port && port <= to, String(port)).toBe(false);
      }
    }
    expect(listenersOf(templates.services, 'internal')).toEqual(['24']);
    expect(listenersOf(inside, 'internal').sort()).toEqual(['236', '24']);
    expect(() => servicesWith({ plainSoap: 'world' })).toThrow('off or inside');
  });
});

interface IngressRule {
  IpProtocol: string;
  CidrIp?: string;
  CidrIpv6?: string;
  FromPort?: number;
  ToPort?: number;
}

/** Rules within security groups, and rules that are separate resources. */
function ingressOf(template: Template): IngressRule[] {
  const groups = Object.values(template.findResources('AWS::EC2::SecurityGroup'));
  const single = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress'));
  return [
    ...groups.flatMap(({ Properties }) => (Properties.SecurityGroupIngress ?? []) as IngressRule[]),
    ...single.map(({ Properties }) => Properties as IngressRule),
  ];
}

const isWorld = ({ CidrIp, CidrIpv6 }: IngressRule): boolean => CidrIp === '0.0.0.0/0' || CidrIpv6 === '::/0';

const portsOf = ({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IngressRule): [number, number] =>
  IpProtocol === '-1' ? [0, 65_535] : [FromPort, ToPort];

/** Ports of the listeners of load balancers of a scheme. */
function listenersOf(template: Template, scheme: string): string[] {
  const balancers = Object.entries(template.findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'))
    .filter(([, { Properties }]) => Properties.Scheme === scheme)
    .map(([id]) => id);
  return Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener'))
    .filter(({ Properties }) => balancers.includes(Properties.LoadBalancerArn.Ref))
    .map(({ Properties }) => String(Properties.Port));
}

function servicesWith(context: Record<string, unknown>): Template {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
  const network = new NetworkStack(app, 'Network');
  const data = new DataStack(app, 'Data', { network });
  const mailOut = new MailOutStack(app, 'MailOut', { network, data });
  return Template.fromStack(new ServicesStack(app, 'Services', { network, data, mailOut }));
}

describe('maintenance', () => {
  it('purges every hour', () => {
    templates.maintenance.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 hour)',
      State: 'ENABLED',
    });
  });
});

describe('the API', () => {
  it('lets IAM decide on the provider’s routes, and leaves only the routes for keys and the document open', () => {
    const routes = Object.values(templates.api.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
    ]);
    expect(Object.fromEntries(routes)).toEqual({
      'ANY /v1/{proxy+}': 'AWS_IAM',
      'ANY /admin/v1/{proxy+}': 'NONE',
      'GET /v1/openapi.json': 'NONE',
    });
  });
});

describe('options', () => {
  it('of the context reach the programs', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [], kopano: { quota_hard: 2000 } } });
    const data = new DataStack(app, 'Data', { network: new NetworkStack(app, 'Network') });
    expect(JSON.parse(data.programEnvironment().KOPANO_OPTIONS ?? '')).toEqual({ quota_hard: 2000 });
  });
});

describe('mail out', () => {
  it('the outgoing queue has a dead-letter queue that a function reads, an alarm for held messages, and a sweeper every minute', () => {
    templates.mailOut.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 4 }),
    });
    templates.mailOut.resourceCountIs('AWS::Lambda::EventSourceMapping', 2);
    templates.mailOut.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'Pamoja',
      MetricName: 'HeldMessages',
    });
    templates.mailOut.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)' });
  });

  it('submission is reached on its two ports, over TCP that the tasks themselves secure', () => {
    for (const port of [587, 465])
      templates.services.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
        Port: port,
        Protocol: 'TCP',
      });
  });
});
