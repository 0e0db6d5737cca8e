import { createHash } from 'node:crypto';
import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import type { Outcome } from '../../shared/delivery/outcome.ts';
import { MessageSpool } from '../../shared/delivery/spool.ts';
import type { Directory } from '../../shared/directory/directory.ts';
import type { Log } from '../../shared/platform/log.ts';
import type { StoreContext } from '../../shared/store/context.ts';
import type { LocalDelivery } from '../../shared/submission/spooler-context.ts';
import type { TransportResult } from '../../shared/submission/transport.ts';

/** Delivers outgoing mail to mailboxes of this deployment. The same message a second time stores nothing more. */
export function localDelivery(store: StoreContext, directory: Directory, log: Pick<Log, 'error'>): LocalDelivery {
  return {
    async local(addresses) {
      const mailboxes = await directory.resolve(addresses);
      return new Set(addresses.filter((_, i) => (mailboxes[i]?.length ?? 0) > 0));
    },

    async deliver(message, addresses, open) {
      const spool = new MessageSpool();
      try {
        await spool.write(Buffer.from(`Return-Path: <${message.sender}>\r\n`));
        for await (const chunk of open()) await spool.write(chunk);
        const mailboxes = await directory.resolve(addresses);
        const recipients = mailboxes.flat();
        // The sender's own copy has the message's id; what is delivered is another message.
        const id = createHash('sha256').update('delivered ').update(message.id).digest().subarray(0, 16);
        const delivery = { source: spool, root: spool.finish(), recipients, id, mayBeStored: true };
        const outcomes = await deliverMessage(store, delivery, (error) =>
          log.error({ error }, 'local delivery failed'),
        );
        const byRecipient = new Map(recipients.map((recipient, i) => [recipient, outcomes[i]]));
        return addresses.map((address, i) => {
          const own = (mailboxes[i] ?? []).flatMap((recipient) => byRecipient.get(recipient) ?? []);
          return resultOf(address, own.find(({ kind }) => kind === 'stored') ?? own[0]);
        });
      } finally {
        await spool.dispose();
      }
    },
  };
}

function resultOf(address: string, outcome: Outcome | undefined): TransportResult {
  switch (outcome?.kind) {
    case 'stored':
      return { address, outcome: 'sent', reply: '250 2.1.5 delivered' };
    case 'later':
      return { address, outcome: 'later', reply: `451 4.3.0 ${outcome.reason}` };
    case 'refused':
      return outcome.reason === 'store-full'
        ? { address, outcome: 'failed', reply: '552 5.2.2 the mailbox is full' }
        : { address, outcome: 'failed', reply: '550 5.1.1 no such user here' };
    case undefined:
      return { address, outcome: 'failed', reply: '550 5.1.1 no such user here' };
  }
}
