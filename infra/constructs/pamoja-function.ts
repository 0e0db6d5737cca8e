import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface PamojaFunctionProps {
  /** The folder under functions/ that has its handler.ts. */
  handler: string;
  description: string;
  environment: Record<string, string>;
  vpc: IVpc;
  securityGroup: SecurityGroup;
  timeout: Duration;
  memorySize?: number;
}

/** A Lambda of ours: Node 24, ESM, one bundled file, JSON logs that expire, traced. */
export class PamojaFunction extends NodejsFunction {
  constructor(scope: Construct, id: string, props: PamojaFunctionProps) {
    super(scope, id, {
      description: props.description,
      entry: `functions/${props.handler}/handler.ts`,
      handler: 'handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout,
      tracing: Tracing.ACTIVE,
      vpc: props.vpc,
      securityGroups: [props.securityGroup],
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      environment: props.environment,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        bundleAwsSDK: true,
        mainFields: ['module', 'main'],
        // mysql2 is CommonJS and loads Node's own modules with `require`.
        banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  }
}
