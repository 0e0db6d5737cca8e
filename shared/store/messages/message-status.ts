import { MSGSTATUS } from '../../mapi/message-flags.ts';
import type { StoreContext } from '../engine/context.ts';
import { changeStore } from '../engine/store-lock.ts';
import { FLAG } from './flags.ts';
import type { MessageFacts } from './mapi-messages.ts';
import { setMessageFlags } from './set-message-flags.ts';

const MARKS = [
  [MSGSTATUS.DELMARKED, FLAG.DELETED],
  [MSGSTATUS.ANSWERED, FLAG.ANSWERED],
] as const;

/** What a message's status is: what was set, and what its flags stand for. */
export function messageStatus({ status, flags }: Pick<MessageFacts, 'status' | 'flags'>): number {
  let bits = status;
  for (const [bit, flag] of MARKS) bits = flags & flag ? bits | bit : bits & ~bit;
  return bits >>> 0;
}

/** The flags of a message whose status is set. */
export function flagsOfStatus(status: number, flags: number): number {
  for (const [bit, flag] of MARKS) flags = status & bit ? flags | flag : flags & ~flag;
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
  for (const [bit, flag] of MARKS)
    if ((before & bit) !== (next & bit))
      await setMessageFlags(context, message, message.folder, [message.uid], next & bit ? 'add' : 'remove', {
        flags: flag,
        keywords: [],
      });
  return before;
}
