import type { LocatedMessage } from '../access/locate.ts';
import { requireRight } from '../access/store-rights.ts';
import { PamojaError } from '../mapi/error.ts';
import { PR } from '../mapi/property-tags.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { RIGHT } from '../store/folders/rights.ts';
import { deleteMessagesById } from '../store/messages/delete-messages.ts';
import { openMessage } from '../store/messages/open-message.ts';
import { dropOutgoing, isOutgoing } from '../store/outgoing/add-outgoing.ts';

/** Ends a submission that the client's own spooler has carried out. Throws NO_ACCESS, and NOT_IN_QUEUE for a message that is not queued. */
export async function finishSubmission(context: StoreContext, located: LocatedMessage): Promise<void> {
  requireRight(located, RIGHT.EDIT_ALL);
  await abortSubmission(context, located);
  const { object } = await openMessage(context, located.message, located.content);
  if (object.properties.get(PR.DELETE_AFTER_SUBMIT) === true)
    await deleteMessagesById(context, located.store, [located.message.id], { hard: false, syncId: 0 });
}

/** Takes a message out of the outgoing queue. Throws NOT_IN_QUEUE for one that is not queued. */
export async function abortSubmission(context: StoreContext, { message }: LocatedMessage): Promise<void> {
  if (!(await isOutgoing(context, message))) throw new PamojaError('NOT_IN_QUEUE', 'the message is not queued');
  await dropOutgoing(context, message);
}
