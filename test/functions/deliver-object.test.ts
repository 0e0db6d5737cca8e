import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { type DeliveryContext, deliverObject } from '../../functions/delivery/deliver-object.ts';

/** A context in which no address has a mailbox. */
function nobody() {
  const counted: number[] = [];
  const lines: string[] = [];
  const context = {
    s3: { send: async () => ({ Body: Readable.from([Buffer.from('To: x@acme.test\r\n\r\nHello.\r\n')]) }) },
    directory: {
      resolve: async (addresses: string[]) => addresses.map(() => []),
      hostedDomains: async () => new Set(['acme.test']),
    },
    log: { info: (line: string) => void lines.push(line), error: () => {} },
    countUnknown: (recipients: number) => void counted.push(recipients),
  } as unknown as DeliveryContext;
  return { context, counted, lines };
}

it('mail of the world for addresses that do not exist is counted, and neither tried again nor set aside', async () => {
  const { context, counted, lines } = nobody();
  const recipients = ['a@acme.test', 'b@acme.test'];
  await deliverObject(context, { bucket: 'inbound', key: 'ses/1', recipients });
  expect(counted).toEqual([2]);
  expect(lines).toEqual(['mail for nobody']);
});

it('a message of the provider’s own systems that nobody receives fails, so that they hear of it', async () => {
  const { context, counted } = nobody();
  await expect(deliverObject(context, { bucket: 'inbound', key: 'drop/1', recipients: undefined })).rejects.toThrow(
    'none of its 1 recipients has a mailbox here',
  );
  expect(counted).toEqual([]);
});
