import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';

const certificateSecret = z.object({
  cert: z.string().includes('BEGIN CERTIFICATE'),
  key: z.string().includes('PRIVATE KEY'),
});

/** A certificate chain and its private key, both PEM. */
export type Certificate = z.output<typeof certificateSecret>;

/** Reads the certificate that a secret holds as JSON `{"cert", "key"}`. */
export async function readCertificate(secretArn: string, secrets: SecretsManagerClient): Promise<Certificate> {
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }));
  const result = certificateSecret.safeParse(JSON.parse(secret.SecretString ?? 'null'));
  if (!result.success) throw new Error('the TLS secret must hold {"cert": PEM, "key": PEM}');
  return result.data;
}
