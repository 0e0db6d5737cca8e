import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoIdempotency } from '../../functions/tenants/idempotency.ts';

/** A table that records the items that are written. */
function notingTable(): { dynamo: DynamoDBClient; written: string[] } {
  const written: string[] = [];
  const handle = async (request: { body: string | Uint8Array }) => {
    written.push(Buffer.from(request.body as string).toString());
    const headers = { 'content-type': 'application/x-amz-json-1.0' };
    return { response: { statusCode: 200, headers, body: Readable.from(['{}']) } };
  };
  const dynamo = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { handle },
  });
  return { dynamo, written };
}

async function kept(secret: string, password: string): Promise<string[]> {
  const { dynamo, written } = notingTable();
  const request = { key: 'k', request: { route: 'POST /v1/tenants/acme/users', body: { login: 'a', password } } };
  await dynamoIdempotency(dynamo, 'control', secret).runOnce(request, async () => ({ login: 'a', quota: undefined }));
  return written.flatMap((text) =>
    [...text.matchAll(/"validation[^{]*\{"S":"([^"]+)"/g)].map((match) => match[1] ?? ''),
  );
}

describe('the stored record of a request with an idempotency key', () => {
  it('is a digest with a secret, on which no password can be tried', async () => {
    const [first, again, elsewhere, other] = [
      await kept('secret one', 'a long password'),
      await kept('secret one', 'a long password'),
      await kept('secret two', 'a long password'),
      await kept('secret one', 'another password'),
    ];
    expect(first.length).toBeGreaterThan(0);
    expect(again).toEqual(first);
    expect(elsewhere).not.toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('is an answer without the fields that were not there', async () => {
    const { dynamo } = notingTable();
    const run = async () => ({ login: 'a', quota: undefined });
    const answer = await dynamoIdempotency(dynamo, 'control', 's').runOnce({ key: 'k', request: {} }, run);
    expect(answer).toEqual({ login: 'a' });
    expect(Object.keys(answer as object)).toEqual(['login']);
  });
});
