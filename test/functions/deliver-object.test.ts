import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { type DeliveryContext, deliverObject } from '../../functions/delivery/deliver-object.ts';

/** A context in which no address has a mailbox. */
function unknownRecipients() {
  const counted: number[] = [];
  const lines: string[] = [];
  const context = {
    s3: { send: async () => ({ Body: Readable.from([Buffer.from('To: x@acme.test\r\n\r\nHello.\r\n')]) }) },
    directory: {
      resolve: async (addresses: string[]) => addresses.map(() => []),
      hostedDomains: async () => new Set(['acme.test']),
    },
    log: { info: (_fields: object, message: string) => void lines.push(message), error: () => {} },
    countUnknown: (recipients: number) => void counted.push(recipients),
  } as unknown as DeliveryContext;
  return { context, counted, lines };
}

it('a message from the internet to unknown addresses only is counted, and neither retried nor reported as failed', async () => {
  const { context, counted, lines } = unknownRecipients();
  const recipients = ['a@acme.test', 'b@acme.test'];
  await deliverObject(context, { bucket: 'inbound', key: 'ses/1', recipients });
  expect(counted).toEqual([2]);
  expect(lines).toEqual(['no recipient has a mailbox here']);
});

it('a message of the provider’s own systems without a local recipient fails, so that an alarm tells of it', async () => {
  const { context, counted } = unknownRecipients();
  await expect(deliverObject(context, { bucket: 'inbound', key: 'drop/1', recipients: undefined })).rejects.toThrow(
    'none of its 1 recipients has a mailbox here',
  );
  expect(counted).toEqual([]);
});
