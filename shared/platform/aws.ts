import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { customEndpoint } from './environment.ts';

// The SDK reads region, credentials and AWS_ENDPOINT_URL[_SERVICE] by itself; only settings without a variable are given here.

/** An emulator has no wildcard DNS name for buckets, so the bucket goes into the path. */
export const createS3 = (): S3Client => new S3Client({ forcePathStyle: customEndpoint() !== undefined });

export const createDynamoDb = (): DynamoDBClient => new DynamoDBClient({});

export const createSecretsManager = (): SecretsManagerClient => new SecretsManagerClient({});

/** Queue addresses are paths below the endpoint, on an emulator too. */
export const createSqs = (): SQSClient => new SQSClient({ useQueueUrlAsEndpoint: false });

export const createSes = (): SESv2Client => new SESv2Client({});
