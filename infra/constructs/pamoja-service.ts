import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  type Cluster,
  ContainerImage,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { type NetworkLoadBalancer, Protocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface PamojaPort {
  /** The program reads the port from `<NAME>_PORT`. */
  name: string;
  container: number;
  /** The port on the load balancer; left out for a port that only other tasks use. */
  public?: number;
  /** The load balancer of this port, where it is not the service's own. */
  loadBalancer?: NetworkLoadBalancer;
}

export interface PamojaServiceProps {
  /** The bundle in build/image, `<program>.mjs`, made from services/<program>/main.ts. */
  program: string;
  cluster: Cluster;
  securityGroups: SecurityGroup[];
  loadBalancer: NetworkLoadBalancer;
  ports: PamojaPort[];
  environment: Record<string, string>;
}

/** A long-running service on Fargate behind a network load balancer, two equal tasks or more. */
export class PamojaService extends Construct {
  readonly task: FargateTaskDefinition;

  constructor(scope: Construct, id: string, props: PamojaServiceProps) {
    super(scope, id);
    this.task = new FargateTaskDefinition(this, 'Task', {
      cpu: 512,
      memoryLimitMiB: 1024,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    const container = this.task.addContainer('Container', {
      image: ContainerImage.fromAsset('build/image'),
      command: ['node', `${props.program}.mjs`],
      environment: {
        ...props.environment,
        ...Object.fromEntries(props.ports.map((port) => [`${port.name.toUpperCase()}_PORT`, String(port.container)])),
      },
      logging: LogDrivers.awsLogs({
        streamPrefix: props.program,
        logGroup: new LogGroup(this, 'Logs', {
          retention: RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
      stopTimeout: Duration.seconds(30),
      portMappings: props.ports.map((port) => ({ name: port.name, containerPort: port.container })),
    });
    const service = new FargateService(this, 'Service', {
      cluster: props.cluster,
      taskDefinition: this.task,
      desiredCount: 2,
      minHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      securityGroups: props.securityGroups,
    });
    for (const port of props.ports) {
      if (port.public === undefined) continue;
      const listener = (port.loadBalancer ?? props.loadBalancer).addListener(`${id}-${port.name}`, {
        port: port.public,
        protocol: Protocol.TCP,
      });
      listener.addTargets(`${id}-${port.name}`, {
        port: port.container,
        protocol: Protocol.TCP,
        // Wrong guesses are counted by the client's network; without this all clients would have the load balancer's address.
        preserveClientIp: true,
        deregistrationDelay: Duration.seconds(30),
        targets: [
          service.loadBalancerTarget({ containerName: container.containerName, containerPort: port.container }),
        ],
      });
    }
    service
      .autoScaleTaskCount({ minCapacity: 2, maxCapacity: 20 })
      .scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });
  }
}
