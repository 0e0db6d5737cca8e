import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  AuroraMysqlEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  type DatabaseProxy,
  ParameterGroup,
} from 'aws-cdk-lib/aws-rds';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { kopanoOptions } from '../constructs/options.ts';
import { PamojaFunction } from '../constructs/pamoja-function.ts';
import type { NetworkStack } from './network-stack.ts';

export interface DataStackProps extends StackProps {
  network: NetworkStack;
}

const DATABASE = 'kopano';

/** The data: Aurora behind RDS Proxy, the attachments bucket, the control table. */
export class DataStack extends Stack {
  readonly attachments: Bucket;
  readonly control: TableV2;
  private readonly cluster: DatabaseCluster;
  private readonly proxy: DatabaseProxy;
  private readonly secret: ISecret;
  private readonly key: Key;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    this.key = new Key(this, 'Key', {
      description: 'Pamoja: database and attachments at rest',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    const databaseAccess = new SecurityGroup(this, 'DatabaseAccess', {
      vpc: props.network.vpc,
      description: 'Aurora and its proxy',
      allowAllOutbound: false,
    });
    this.cluster = this.makeCluster(props.network, databaseAccess);
    const { secret } = this.cluster;
    if (!secret) throw new Error('unreachable: generated credentials come with a secret');
    this.secret = secret;
    this.proxy = this.makeProxy(props.network, databaseAccess);
    this.attachments = this.makeAttachments();
    this.control = this.makeControlTable();
    this.migrateOnDeploy(props.network);
  }

  private makeCluster({ vpc }: NetworkStack, databaseAccess: SecurityGroup): DatabaseCluster {
    const engine = DatabaseClusterEngine.auroraMysql({ version: AuroraMysqlEngineVersion.VER_3_08_0 });
    return new DatabaseCluster(this, 'Database', {
      engine,
      vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [databaseAccess],
      writer: ClusterInstance.serverlessV2('writer'),
      readers: [ClusterInstance.serverlessV2('reader', { scaleWithWriter: true })],
      serverlessV2MinCapacity: 0.5,
      serverlessV2MaxCapacity: 32,
      defaultDatabaseName: DATABASE,
      credentials: Credentials.fromGeneratedSecret('kopano'),
      storageEncrypted: true,
      storageEncryptionKey: this.key,
      backup: { retention: Duration.days(14) },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.SNAPSHOT,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        description: 'Pamoja',
        parameters: {
          // The store's locking is written for this level (docs/decisions/0001-store-locking.md).
          transaction_isolation: 'READ-COMMITTED',
          // Without a strict mode MySQL silently truncates values that are too long. Programs refuse to run then (shared/database/checked-pool.ts).
          sql_mode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',
          require_secure_transport: 'ON',
          max_allowed_packet: String(256 * 1024 * 1024),
          character_set_server: 'utf8mb4',
          collation_server: 'utf8mb4_bin',
        },
      }),
    });
  }

  private makeProxy({ vpc, programs }: NetworkStack, databaseAccess: SecurityGroup): DatabaseProxy {
    const proxy = this.cluster.addProxy('Proxy', {
      vpc,
      secrets: [this.secret],
      securityGroups: [databaseAccess],
      requireTLS: true,
    });
    databaseAccess.addIngressRule(programs, Port.tcp(3306), 'programs');
    databaseAccess.addIngressRule(databaseAccess, Port.tcp(3306), 'the proxy');
    databaseAccess.addEgressRule(databaseAccess, Port.tcp(3306), 'the proxy');
    return proxy;
  }

  private makeAttachments(): Bucket {
    return new Bucket(this, 'Attachments', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(2) },
      ],
    });
  }

  private makeControlTable(): TableV2 {
    return new TableV2(this, 'Control', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Every deployment brings the schema up to date. */
  private migrateOnDeploy({ vpc, programs }: NetworkStack): void {
    const migrate = new PamojaFunction(this, 'Migrate', {
      handler: 'migrate',
      description: 'Pamoja: brings the database schema up to date',
      // Not through the proxy: the migration's named lock belongs to one connection.
      environment: { ...this.databaseEnvironment(), DB_HOST: this.cluster.clusterEndpoint.hostname },
      vpc,
      securityGroup: programs,
      timeout: Duration.minutes(10),
    });
    this.secret.grantRead(migrate);
    new Trigger(this, 'MigrateOnDeploy', {
      handler: migrate,
      timeout: Duration.minutes(10),
      executeAfter: [this.cluster],
    });
  }

  /** The environment variables with which our programs find the data. */
  programEnvironment(): Record<string, string> {
    return {
      ...this.databaseEnvironment(),
      ATTACHMENTS_BUCKET: this.attachments.bucketName,
      CONTROL_TABLE: this.control.tableName,
      KOPANO_OPTIONS: kopanoOptions(this),
    };
  }

  /** Grants what our programs may do with the data. */
  grantUse(program: IGrantable): void {
    this.secret.grantRead(program);
    // Each action by name: the grants of the CDK contain wildcards.
    Grant.addToPrincipal({
      grantee: program,
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resourceArns: [this.attachments.arnForObjects('blobs/*')],
    });
    Grant.addToPrincipal({ grantee: program, actions: ['s3:ListBucket'], resourceArns: [this.attachments.bucketArn] });
    Grant.addToPrincipal({
      grantee: program,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resourceArns: [this.key.keyArn],
    });
    Grant.addToPrincipal({
      grantee: program,
      actions: [
        'dynamodb:GetItem',
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ],
      resourceArns: [this.control.tableArn],
    });
  }

  private databaseEnvironment(): Record<string, string> {
    return {
      DB_HOST: this.proxy.endpoint,
      DB_PORT: this.cluster.clusterEndpoint.port.toString(),
      DB_NAME: DATABASE,
      DB_SECRET_ARN: this.secret.secretArn,
      DB_TLS: 'required',
    };
  }
}
