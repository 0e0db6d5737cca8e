import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import { mailHost } from '../constructs/mail-host.ts';
import { PamojaFunction } from '../constructs/pamoja-function.ts';
import type { DataStack } from './data-stack.ts';
import type { NetworkStack } from './network-stack.ts';

export interface MaintenanceStackProps extends StackProps {
  network: NetworkStack;
  data: DataStack;
}

/** The scheduled functions. */
export class MaintenanceStack extends Stack {
  constructor(scope: Construct, id: string, props: MaintenanceStackProps) {
    super(scope, id, props);
    // Manual 7.5
    this.hourly(
      props,
      'SoftdeletePurge',
      'softdelete-purge',
      'removes what was soft-deleted long ago, and blobs that nothing points to',
    );
    this.hourly(props, 'TenantRemoval', 'tenant-removal', 'removes tenants whose grace period is over');
    this.hourly(props, 'DomainCheck', 'domain-check', 'looks up the proofs of domains that tenants have claimed');
    // Manual 5.7.3
    this.hourly(props, 'QuotaMonitor', 'quota-monitor', 'mails users and tenants that have reached a quota level', {
      MAIL_HOST: mailHost(this),
    });
  }

  /** A function that runs every hour. */
  private hourly(
    { network, data }: MaintenanceStackProps,
    id: string,
    handler: string,
    what: string,
    environment: Record<string, string> = {},
  ): void {
    const program = new PamojaFunction(this, id, {
      handler,
      description: `Pamoja: ${what}`,
      environment: { ...data.programEnvironment(), ...environment },
      vpc: network.vpc,
      securityGroup: network.programs,
      timeout: Duration.minutes(15),
    });
    data.grantUse(program);
    new Schedule(this, `${id}Hourly`, {
      schedule: ScheduleExpression.rate(Duration.hours(1)),
      target: new LambdaInvoke(program, { retryAttempts: 2 }),
    });
  }
}
