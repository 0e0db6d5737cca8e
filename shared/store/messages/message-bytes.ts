import { blobKey } from '../../blobs/blobs.ts';
import { fromFileTime } from '../../mapi/filetime.ts';
import { isBlobValue } from '../../mapi/property.ts';
import { blobTag, type MapiObject } from '../../mapi/property-document.ts';
import { PR } from '../../mapi/property-tags.ts';
import { composeMessage } from '../../mime/compose.ts';
import { MessageSpool } from '../../net/message-spool.ts';
import { namesIn } from '../content/named-properties.ts';
import { type PreparedMessage, prepareMessage } from '../content/prepare-message.ts';
import type { StoreContext } from '../engine/context.ts';
import type { TenantId } from '../engine/ids.ts';

/** Prepares the bytes of a message for its store: those that the client gave, else those that are composed of the object. */
export async function prepareObject(
  context: StoreContext,
  tenant: TenantId,
  object: MapiObject,
  given: Buffer | undefined,
): Promise<PreparedMessage> {
  const spool = new MessageSpool();
  try {
    if (given) await spool.write(given);
    else {
      const tnef = context.options.always_send_tnef ? { nameOf: await namesIn(context, tenant, object) } : undefined;
      for await (const chunk of composeMessage(object, attachmentData(context), { tnef })) await spool.write(chunk);
    }
    const received = object.properties.get(PR.MESSAGE_DELIVERY_TIME);
    const receivedAt = typeof received === 'bigint' ? fromFileTime(received) : context.clock();
    return await prepareMessage(context, tenant, spool, spool.finish(), receivedAt);
  } finally {
    await spool.dispose();
  }
}

const attachmentData = (context: StoreContext) =>
  async function* (attachment: MapiObject): AsyncIterable<Buffer> {
    const value =
      attachment.properties.get(PR.ATTACH_DATA_BIN) ?? attachment.properties.get(blobTag(PR.ATTACH_DATA_BIN));
    if (Buffer.isBuffer(value)) yield value;
    else if (isBlobValue(value))
      yield* context.objects.get(blobKey({ scope: value.scope, hash: value.blob }), 0, value.size);
  };
