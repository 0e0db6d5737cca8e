import { deliverMessage } from '../../shared/delivery/deliver-message.ts';
import { byAddress, type Outcome } from '../../shared/delivery/outcome.ts';
import type { DirectorySource } from '../../shared/directory/sources/directory-source.ts';
import { headerLine } from '../../shared/mime/header-line.ts';
import { MessageSpool } from '../../shared/net/message-spool.ts';
import type { Log } from '../../shared/platform/log.ts';
import { pathAddress } from '../../shared/protocol/smtp/path.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { derivedGuid } from '../../shared/store/engine/ids.ts';
import { submissionKey } from '../../shared/store/outgoing/outgoing-queue.ts';
import type { LocalDelivery } from '../../shared/submission/spooler-context.ts';
import type { TransportResult } from '../../shared/submission/transport.ts';

/** Delivers outgoing mail to mailboxes of this deployment. The same message a second time stores nothing more. */
export function localDelivery(store: StoreContext, directory: DirectorySource, log: Pick<Log, 'error'>): LocalDelivery {
  return {
    async deliver(message, addresses, open) {
      const resolved = await directory.resolve(addresses);
      const recipients = addresses.flatMap((address, i) => {
        const mailboxes = resolved[i] ?? [];
        return mailboxes.length > 0 ? [{ address, mailboxes }] : [];
      });
      if (recipients.length === 0) return [];
      const spool = new MessageSpool();
      try {
        await spool.write(Buffer.from(headerLine('Return-Path', `<${pathAddress(message.sender)}>`)));
        for await (const chunk of open()) await spool.write(chunk);
        // The sender's own copy keeps the message's id. Each try of a submission delivers under one id; another submission is another message.
        const id = derivedGuid(`delivered ${submissionKey(message)}`);
        const delivery = {
          source: spool,
          root: spool.finish(),
          recipients: recipients.flatMap(({ mailboxes }) => mailboxes),
          id,
          mayBeStored: true,
        };
        const outcomes = await deliverMessage(store, delivery, (error) =>
          log.error({ error }, 'local delivery failed'),
        );
        return byAddress(recipients, outcomes).map((outcome, i) => resultOf(recipients[i]?.address ?? '', outcome));
      } finally {
        await spool.dispose();
      }
    },
  };
}

function resultOf(address: string, outcome: Outcome): TransportResult {
  switch (outcome.kind) {
    case 'stored':
      return { address, outcome: 'sent', reply: '250 2.1.5 delivered' };
    case 'later':
      return { address, outcome: 'later', reply: `451 4.3.0 ${outcome.reason}` };
    case 'refused':
      return outcome.reason === 'store-full'
        ? { address, outcome: 'failed', reply: '552 5.2.2 the mailbox is full' }
        : { address, outcome: 'failed', reply: '550 5.1.1 no such user here' };
  }
}
