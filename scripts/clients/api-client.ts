/** An answer of the onboarding API. */
export interface ApiAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the type of the route's answer
  body: any;
}

export interface ApiCall {
  /** `provider` signs as IAM wants it; anything else is the secret of an API key; undefined gives no credentials. */
  as: 'provider' | (string & {}) | undefined;
  body?: unknown;
  idempotencyKey?: string;
}

/** A small client of the onboarding API on the loopback interface. */
export const apiClient =
  (port: number) =>
  async (method: string, path: string, { as, body, idempotencyKey }: ApiCall): Promise<ApiAnswer> => {
    const headers: Record<string, string> = {};
    if (as === 'provider')
      headers.authorization = `AWS4-HMAC-SHA256 Credential=provider/20261121/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    else if (as !== undefined) headers.authorization = `Bearer ${as}`;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const base = as === 'provider' ? '' : '/admin';
    const response = await fetch(`http://127.0.0.1:${port}${base}${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };

export type ApiClient = ReturnType<typeof apiClient>;

/** An order for a tenant `name` with the domain `name`.test and the administrator admin@name.test. */
export const tenantOrder = (name: string, limits?: { domains?: number; users?: number; bytes?: number }) => ({
  name,
  domain: `${name}.test`,
  admin: {
    login: `admin@${name}.test`,
    email: `admin@${name}.test`,
    password: 'password of admin',
    fullName: 'Admin',
    features: ['imap'],
    ...(limits?.bytes ? { quota: { warn: 0, soft: 0, hard: 1000 } } : {}),
  },
  ...(limits ? { limits } : {}),
});

export const userOrder = (name: string, domain: string) => ({
  login: `${name}@${domain}`,
  email: `${name}@${domain}`,
  password: `password of ${name}`,
  fullName: name,
  features: ['imap'],
});
