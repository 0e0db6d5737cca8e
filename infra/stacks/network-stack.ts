import { Stack, type StackProps } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/** The network: public subnets for load balancers, private ones for tasks and Lambdas, isolated ones for the database. */
export class NetworkStack extends Stack {
  readonly vpc: Vpc;
  /** The security group of all programs. */
  readonly programs: SecurityGroup;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.vpc = new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 1,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      gatewayEndpoints: {
        s3: { service: GatewayVpcEndpointAwsService.S3 },
        dynamodb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
      flowLogs: {
        rejected: { destination: FlowLogDestination.toCloudWatchLogs(), trafficType: FlowLogTrafficType.REJECT },
      },
    });
    this.programs = new SecurityGroup(this, 'Programs', { vpc: this.vpc, description: 'Lambdas and tasks' });
    // A writer signals changes to the listening tasks by datagram (docs/decisions/0002-change-signal.md).
    this.programs.addIngressRule(this.programs, Port.udpRange(1024, 65535), 'change signals between tasks');
  }
}
