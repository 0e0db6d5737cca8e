import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import { KopanoFunction } from '../constructs/kopano-function.ts';
import { mailHost } from '../constructs/mail-host.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface HousekeepingStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
}

/** What runs by the clock. */
export class HousekeepingStack extends Stack {
  constructor(scope: Construct, id: string, props: HousekeepingStackProps) {
    super(scope, id, props);
    const purge = new KopanoFunction(this, 'SoftdeletePurge', {
      handler: 'softdelete-purge',
      description: 'Kopano: removes what was soft-deleted long ago, and blobs that nothing points to',
      environment: props.data.programEnvironment(),
      vpc: props.network.vpc,
      securityGroup: props.network.programs,
      timeout: Duration.minutes(15),
    });
    props.data.grantUse(purge);
    // Manual 7.5: every hour.
    new Schedule(this, 'SoftdeletePurgeHourly', {
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new LambdaInvoke(purge, { retryAttempts: 2 }),
    });

    const monitor = new KopanoFunction(this, 'QuotaMonitor', {
      handler: 'quota-monitor',
      description: 'Kopano: mails users and companies that have reached a quota level',
      environment: { ...props.data.programEnvironment(), MAIL_HOST: mailHost(this) },
      vpc: props.network.vpc,
      securityGroup: props.network.programs,
      timeout: Duration.minutes(15),
    });
    props.data.grantUse(monitor);
    // Manual 5.7.3: every hour.
    new Schedule(this, 'QuotaMonitorHourly', {
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new LambdaInvoke(monitor, { retryAttempts: 2 }),
    });
  }
}
