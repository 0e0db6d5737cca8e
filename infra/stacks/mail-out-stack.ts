import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { mailHost } from '../constructs/mail-host.ts';
import { PamojaFunction } from '../constructs/pamoja-function.ts';
import { PamojaQueue } from '../constructs/pamoja-queue.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface MailOutStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
}

/** Mail to the internet: the outgoing queue, the spooler that reads it, and the sweeper that enqueues due and lost messages. */
export class MailOutStack extends Stack {
  private readonly outgoing: PamojaQueue;
  private readonly stackProps: MailOutStackProps;

  constructor(scope: Construct, id: string, props: MailOutStackProps) {
    super(scope, id, props);
    this.stackProps = props;
    const timeout = Duration.minutes(5);
    this.outgoing = new PamojaQueue(this, 'Outgoing', { visibilityTimeout: Duration.minutes(30), tries: 4 });

    const relaySecretArn = this.node.tryGetContext('relaySecretArn') as string | undefined;
    const spooler = this.program('Spooler', 'spooler', 'sends the messages of the outgoing queue', timeout, {
      MAIL_HOST: mailHost(this),
      ...(relaySecretArn === undefined ? {} : { RELAY_SECRET_ARN: relaySecretArn }),
    });
    if (relaySecretArn !== undefined) Secret.fromSecretCompleteArn(this, 'Relay', relaySecretArn).grantRead(spooler);
    Grant.addToPrincipal({
      grantee: spooler,
      actions: ['ses:SendEmail', 'ses:SendRawEmail'],
      resourceArns: [this.formatArn({ service: 'ses', resource: 'identity', resourceName: '*' })],
    });
    spooler.addEventSource(new SqsEventSource(this.outgoing.queue, { batchSize: 10, maxConcurrency: 50 }));

    const dead = this.program(
      'DeadOutgoing',
      'dead-outgoing',
      'sets messages aside that the spooler fails on',
      Duration.minutes(1),
    );
    dead.addEventSource(
      new SqsEventSource(this.outgoing.deadLetters, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: 2,
      }),
    );
    new Alarm(this, 'HeldAlarm', {
      alarmDescription: 'Outgoing messages are held (docs/runbook.md, "Held messages")',
      metric: new Metric({
        namespace: 'Pamoja',
        metricName: 'HeldMessages',
        dimensionsMap: { service: 'dead-outgoing' },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });

    const sweeper = this.program(
      'Sweeper',
      'outgoing-sweeper',
      'tells the outgoing queue of messages that it does not know',
      Duration.minutes(5),
    );
    new Schedule(this, 'SweepEveryMinute', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(sweeper, { retryAttempts: 0 }),
    });
  }

  /** The environment variables that a program needs, besides those of the data, to enqueue outgoing messages. */
  programEnvironment(): Record<string, string> {
    return { OUTGOING_QUEUE_URL: this.outgoing.queue.queueUrl };
  }

  /** Grants a program what it needs to enqueue outgoing messages. */
  grantSubmit(program: IGrantable): void {
    Grant.addToPrincipal({
      grantee: program,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.outgoing.queue.queueArn],
    });
  }

  private program(
    id: string,
    handler: string,
    what: string,
    timeout: Duration,
    environment: Record<string, string> = {},
  ): PamojaFunction {
    const { network, data } = this.stackProps;
    const program = new PamojaFunction(this, id, {
      handler,
      description: `Pamoja: ${what}`,
      environment: { ...data.programEnvironment(), ...this.programEnvironment(), ...environment },
      vpc: network.vpc,
      securityGroup: network.programs,
      timeout,
      memorySize: 1024,
    });
    data.grantUse(program);
    this.grantSubmit(program);
    return program;
  }
}
