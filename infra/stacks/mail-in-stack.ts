import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { BlockPublicAccess, Bucket, BucketEncryption, EventType, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { ReceiptRuleSet, TlsPolicy } from 'aws-cdk-lib/aws-ses';
import { S3 } from 'aws-cdk-lib/aws-ses-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { PamojaFunction } from '../constructs/pamoja-function.ts';
import { PamojaQueue } from '../constructs/pamoja-queue.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface MailInStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
}

/**
 * Mail from the internet: SES stores a message in the inbound bucket and publishes its envelope; a provider's own system may put messages
 * under drop/. Both are delivered by one queue and one function.
 */
export class MailInStack extends Stack {
  constructor(scope: Construct, id: string, props: MailInStackProps) {
    super(scope, id, props);
    const inbound = new Bucket(this, 'Inbound', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      // A message is kept for longer than any queue keeps the notification of it.
      lifecycleRules: [{ expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(2) }],
    });
    const deliveryTimeout = Duration.minutes(2);
    const { queue } = new PamojaQueue(this, 'Deliveries', { visibilityTimeout: Duration.minutes(12), tries: 8 });
    inbound.addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue), { prefix: 'drop/' });

    const received = new Topic(this, 'Received', { enforceSSL: true });
    received.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
    new ReceiptRuleSet(this, 'Rules', {
      rules: [
        {
          tlsPolicy: TlsPolicy.OPTIONAL,
          scanEnabled: true,
          actions: [new S3({ bucket: inbound, objectKeyPrefix: 'ses/', topic: received })],
        },
      ],
    });

    const delivery = new PamojaFunction(this, 'Delivery', {
      handler: 'delivery',
      description: 'Pamoja: delivers the messages of the inbound bucket',
      environment: props.data.programEnvironment(),
      vpc: props.network.vpc,
      securityGroup: props.network.programs,
      timeout: deliveryTimeout,
      memorySize: 1024,
    });
    props.data.grantUse(delivery);
    Grant.addToPrincipal({
      grantee: delivery,
      actions: ['s3:GetObject'],
      resourceArns: [inbound.arnForObjects('ses/*'), inbound.arnForObjects('drop/*')],
    });
    delivery.addEventSource(
      new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 50 }),
    );

    // A sender is guessing addresses, or the addresses of a tenant are missing: one alarm for as long as it lasts.
    new Alarm(this, 'UnknownRecipientsAlarm', {
      alarmDescription:
        'More than 1,000 recipients of mail from SES in an hour have no mailbox (docs/runbook.md, "Mail for unknown addresses")',
      metric: new Metric({
        namespace: 'Pamoja',
        metricName: 'UnknownRecipients',
        dimensionsMap: { service: 'delivery' },
        statistic: 'Sum',
        period: Duration.hours(1),
      }),
      threshold: 1000,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
