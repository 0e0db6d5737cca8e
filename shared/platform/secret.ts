import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { z } from 'zod';

/** Reads a secret that holds JSON. Throws an error that says what the secret must hold when it holds something else. */
export async function readSecret<Schema extends z.ZodType>(
  secrets: SecretsManagerClient,
  arn: string,
  schema: Schema,
  mustHold: string,
): Promise<z.output<Schema>> {
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
  const result = schema.safeParse(JSON.parse(secret.SecretString ?? 'null'));
  if (!result.success) throw new Error(mustHold);
  return result.data;
}
