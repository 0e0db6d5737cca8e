import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { readSecret } from '../platform/secret.ts';

const certificateSecret = z.object({
  cert: z.string().includes('BEGIN CERTIFICATE'),
  key: z.string().includes('PRIVATE KEY'),
});

/** A certificate chain and its private key, both PEM. */
export type Certificate = z.output<typeof certificateSecret>;

/** Reads the certificate that a secret holds as JSON `{"cert", "key"}`. */
export const readCertificate = (secretArn: string, secrets: SecretsManagerClient): Promise<Certificate> =>
  readSecret(secrets, secretArn, certificateSecret, 'the TLS secret must hold {"cert": PEM, "key": PEM}');
