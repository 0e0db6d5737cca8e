import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type AwsClients, REGION } from './deployment.ts';
import { startEmulators } from './emulators.ts';
import { startSecrets } from './secrets.ts';

export interface Aws {
  /** Variables with the endpoints and credentials of the services, for the SDK. */
  environment: Record<string, string>;
  putSecret(id: string, make: () => Promise<string> | string): Promise<void>;
  /** Undefined where the service itself passes notifications on. */
  onObjectCreated: ((callback: (bucket: string, key: string, size: number) => Promise<void>) => void) | undefined;
}

/** The emulators or, with AWS_ENDPOINT_URL set, LocalStack (docs/local.md). */
export async function startAws(
  directory: string,
  onStop: (close: () => Promise<void>) => void,
  progress: (line: string) => void,
): Promise<Aws> {
  const credentials = { AWS_REGION: REGION, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const localStack = process.env.AWS_ENDPOINT_URL;
  if (localStack) {
    progress(`using ${localStack} for S3, SQS, SNS, DynamoDB and Secrets Manager`);
    const url = localStack.replace(/\/$/, '');
    const client = new SecretsManagerClient({
      region: REGION,
      endpoint: url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    return {
      environment: {
        ...credentials,
        AWS_ENDPOINT_URL: url,
        AWS_ENDPOINT_URL_SQS: url,
        AWS_ENDPOINT_URL_DYNAMODB: url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      },
      async putSecret(id, make) {
        await client
          .send(new CreateSecretCommand({ Name: id, SecretString: await make() }))
          .catch((error: { name?: string }) => {
            if (error.name !== 'ResourceExistsException') throw error;
          });
      },
      onObjectCreated: undefined,
    };
  }
  progress('starting the emulators of S3, SQS, SNS and DynamoDB');
  const emulators = await startEmulators(directory);
  onStop(() => emulators.stop());
  const secrets = await startSecrets(directory);
  onStop(() => secrets.stop());
  const { s3, sqs, dynamodb } = emulators.endpoints;
  return {
    environment: {
      ...credentials,
      AWS_ENDPOINT_URL: s3,
      AWS_ENDPOINT_URL_SQS: sqs,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    },
    async putSecret(id, make) {
      if (secrets.get(id) === undefined) secrets.put(id, await make());
    },
    onObjectCreated: emulators.onObjectCreated,
  };
}

export function awsClients(environment: Record<string, string>): AwsClients {
  const credentials = {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
  };
  const at = (name: string) => ({ region: REGION, endpoint: environment[name], credentials });
  return {
    s3: new S3Client({ ...at('AWS_ENDPOINT_URL'), forcePathStyle: true }),
    sqs: new SQSClient({ ...at('AWS_ENDPOINT_URL_SQS'), useQueueUrlAsEndpoint: false }),
    sns: new SNSClient(at('AWS_ENDPOINT_URL')),
    dynamodb: new DynamoDBClient(at('AWS_ENDPOINT_URL_DYNAMODB')),
  };
}
