import { MSGSTATUS } from '../../mapi/message-flags.ts';
import type { StoreContext } from '../engine/context.ts';
import { changeStore } from '../engine/store-lock.ts';
import { FLAG } from './flags.ts';
import type { MessageFacts } from './message-facts.ts';
import { setMessageFlags } from './set-message-flags.ts';

const STATUS_FLAGS = [
  [MSGSTATUS.DELMARKED, FLAG.DELETED],
  [MSGSTATUS.ANSWERED, FLAG.ANSWERED],
] as const;

/** PR_MSG_STATUS of a message: the bits that were set, and those that its IMAP flags stand for. */
export function messageStatus({ status, flags }: Pick<MessageFacts, 'status' | 'flags'>): number {
  let bits = status;
  for (const [bit, flag] of STATUS_FLAGS) bits = flags & flag ? bits | bit : bits & ~bit;
  return bits >>> 0;
}

/** The flags of a message whose status is set. */
export function flagsOfStatus(status: number, flags: number): number {
  for (const [bit, flag] of STATUS_FLAGS) flags = status & bit ? flags | flag : flags & ~flag;
  return flags;
}

/** Sets the bits of `mask` to what they are in `status`, and gives what the status was. */
export async function setMessageStatus(
  context: StoreContext,
  message: MessageFacts,
  status: number,
  mask: number,
): Promise<number> {
  const before = messageStatus(message);
  const next = ((before & ~mask) | (status & mask)) >>> 0;
  await changeStore(context, message, (store) =>
    store.messages('message status').update().set({ status: next }).where('id', '=', message.id).execute(),
  );
  for (const [bit, flag] of STATUS_FLAGS)
    if ((before & bit) !== (next & bit))
      await setMessageFlags(context, message, message.folder, [message.uid], {
        how: next & bit ? 'add' : 'remove',
        flags: flag,
        keywords: [],
      });
  return before;
}
