import type { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import { canonicalAddress, domainOf } from '../../shared/directory/entries/addresses.ts';
import type { DirectorySource } from '../../shared/directory/sources/directory-source.ts';
import { mailboxesOf, parseAddressList } from '../../shared/mime/address-list.ts';
import type { Part } from '../../shared/mime/part.ts';
import { MessageSpool } from '../../shared/net/message-spool.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { derivedGuid } from '../../shared/store/engine/ids.ts';
import type { ReceivedObject } from './notification.ts';

export interface DeliveryContext {
  store: StoreContext;
  directory: DirectorySource;
  s3: S3Client;
  log: Pick<Log, 'info' | 'error'>;
  /** Counts recipients from the world that have no mailbox here. */
  countUnknown: (recipients: number) => void;
}

/**
 * Delivers the message that an object holds. The same object a second time stores nothing more. Throws when a recipient
 * could not be served, so that the queue tries again and in the end keeps the message in its dead-letter queue.
 */
export async function deliverObject(context: DeliveryContext, object: ReceivedObject): Promise<void> {
  const response = await context.s3.send(new GetObjectCommand({ Bucket: object.bucket, Key: object.key }));
  const spool = new MessageSpool();
  try {
    for await (const chunk of response.Body as Readable) await spool.write(chunk as Buffer);
    const root = spool.finish();
    const addresses = object.recipients ?? envelopeOf(response) ?? (await headerRecipients(context.directory, root));
    const resolved = await context.directory.resolve(addresses);
    const recipients = resolved.flat();
    const unknown = addresses.filter((_, i) => resolved[i]?.length === 0);
    // SES accepts mail for any address of a domain, and spam goes to addresses that do not exist. A retry and an alarm for each such
    // message would hide real failures. The object stays until the bucket's lifecycle rule removes it (docs/decisions/0022).
    if (object.recipients) context.countUnknown(unknown.length);
    if (recipients.length === 0 && object.recipients)
      return context.log.info(
        { key: object.key, bytes: spool.size, unknown: unknown.length },
        'no recipient has a mailbox here',
      );
    if (recipients.length === 0)
      throw new Error(`${object.key}: none of its ${addresses.length} recipients has a mailbox here`);
    const delivery = { source: spool, root, recipients, id: messageId(object, response.ETag ?? ''), mayBeStored: true };
    const outcomes = await deliverMessage(context.store, delivery, (error) =>
      context.log.error({ key: object.key, error: String(error) }, 'delivery failed'),
    );
    const failed = outcomes.filter((outcome) => outcome.kind !== 'stored');
    context.log.info(
      {
        key: object.key,
        bytes: spool.size,
        recipients: recipients.length,
        unknown: unknown.length,
        failed: failed.length,
      },
      'delivery',
    );
    if (failed.length > 0)
      throw new Error(
        `${object.key}: ${failed.length} of ${outcomes.length} recipients not served (${failed.map((outcome) => ('reason' in outcome ? outcome.reason : '')).join(', ')})`,
      );
  } finally {
    await spool.dispose();
  }
}

/** The same object with the same bytes has the same message id in every store. */
const messageId = (object: ReceivedObject, etag: string): Buffer =>
  derivedGuid(`${object.bucket}\0${object.key}\0${etag}`);

/** The recipients of the envelope, which the metadata `envelope-to` of an object may name. */
function envelopeOf(response: GetObjectCommandOutput): string[] | undefined {
  const text = response.Metadata?.['envelope-to'];
  return text === undefined
    ? undefined
    : text
        .split(',')
        .map((address) => address.trim())
        .filter(Boolean);
}

/** Without an envelope: the addresses in To, Cc, Bcc and their Resent forms that are in a domain hosted here. */
async function headerRecipients(directory: DirectorySource, root: Part): Promise<string[]> {
  const names = /^(resent-)?(to|cc|bcc)$/;
  const mailboxes = root.fields
    .filter((field) => names.test(field.name))
    .flatMap((field) => mailboxesOf(parseAddressList(field.value)));
  const addresses = [
    ...new Set(
      mailboxes
        .filter(({ domain }) => domain !== '')
        .map(({ local, domain }) => canonicalAddress(`${local}@${domain}`)),
    ),
  ];
  const hosted = await directory.hostedDomains(addresses.map(domainOf));
  return addresses.filter((address) => hosted.has(domainOf(address)));
}
