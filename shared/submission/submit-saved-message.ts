import type { Caller } from '../access/caller.ts';
import type { LocatedMessage } from '../access/locate.ts';
import { callerEntryId } from '../address-book/address-book-ids.ts';
import { canonicalAddress } from '../directory/entries/addresses.ts';
import { findUser } from '../directory/entries/entries.ts';
import { levelsOf } from '../directory/quota/store-quota.ts';
import type { DirectorySource, Sender } from '../directory/sources/directory-source.ts';
import { PamojaError } from '../mapi/error.ts';
import { toFileTime } from '../mapi/filetime.ts';
import { MSGFLAG } from '../mapi/message-flags.ts';
import type { PropertyBag } from '../mapi/property.ts';
import { type MapiObject, OBJECT } from '../mapi/property-document.ts';
import { PR } from '../mapi/property-tags.ts';
import { authorOf } from '../mime/compose-header.ts';
import { isReceipt } from '../mime/report.ts';
import type { Log } from '../platform/log.ts';
import { fileTime } from '../store/content/property-list.ts';
import type { StoreContext } from '../store/engine/context.ts';
import { openContentsById, type StoredContent } from '../store/messages/message-content.ts';
import { type MessageFacts, messagesByIds, VIEW } from '../store/messages/message-facts.ts';
import { openMessage } from '../store/messages/open-message.ts';
import { saveMessage } from '../store/messages/save-message.ts';
import { isOutgoing, requireUnqueued } from '../store/outgoing/add-outgoing.ts';
import { checkOutgoing, maySendFrom, type OutgoingEnvelope } from './check-outgoing.ts';
import type { DueEnqueuer } from './enqueue-due.ts';
import type { HourlyLimit } from './hourly-limit.ts';
import { recipientsOf } from './saved-recipients.ts';
import { submitSaved } from './submit-message.ts';

/** How often a submission is tried again while other calls change the message. */
const ATTEMPTS = 5;

export interface SavedSubmissionContext {
  store: StoreContext;
  directory: Pick<DirectorySource, 'sender'>;
  hourlyLimit: HourlyLimit;
  enqueuer: Pick<DueEnqueuer, 'wake'>;
  log: Pick<Log, 'warn'>;
}

/** A message that a caller submits from the folder in which it was saved. */
interface Draft {
  context: SavedSubmissionContext;
  caller: Caller;
  located: LocatedMessage;
}

/** The user in whose name a message is sent. */
interface Author {
  account: { fullName: string; email: string };
  sender: Sender;
}

/** A message as it is now, with its envelope. */
interface Outgoing {
  object: MapiObject;
  from: string;
  envelope: OutgoingEnvelope;
}

/**
 * Submits a saved message from the folder that it is in, and leaves it to the spooler (manual 5.4). Throws NO_SUPPORT, SUBMITTED, NO_ACCESS,
 * STORE_FULL, INVALID_PARAMETER, TOO_BIG, UNABLE_TO_COMPLETE above the hourly limit, NETWORK_ERROR, and BUSY where the message is being
 * changed all the time; the message is then a draft as before.
 */
export async function submitSavedMessage(
  context: SavedSubmissionContext,
  caller: Caller,
  located: LocatedMessage,
): Promise<void> {
  const draft: Draft = { context, caller, located };
  const author = await authorOfDraft(draft);
  const first = await outgoingOf(draft, author);
  if (!(await context.hourlyLimit.take(located.store.tenant, author.sender.maxHourlyMessages)))
    throw new PamojaError('UNABLE_TO_COMPLETE', 'the tenant has sent as many messages as it may in an hour');
  try {
    for (let attempt = 1, outgoing = first; !(await enqueue(draft, author, outgoing)); attempt++) {
      if (attempt >= ATTEMPTS) throw new PamojaError('BUSY', 'other clients keep changing the message');
      outgoing = await outgoingOf(draft, author);
    }
  } catch (error) {
    // SUBMITTED: another call has queued the message, and its flags must stay.
    if (!PamojaError.is(error, 'SUBMITTED')) await restoreFlags(draft, first.object);
    throw error;
  }
  context.enqueuer.wake(located.store.tenant);
}

/** Checks that a message may be submitted at all, and gives its author. */
async function authorOfDraft({ context, caller, located }: Draft): Promise<Author> {
  const { store, message } = located;
  if (store.user === null) throw new PamojaError('NO_SUPPORT', 'mail is not sent from a public store');
  if (message.view !== VIEW.LIVE) throw new PamojaError('NO_SUPPORT', 'associated messages are not sent');
  if (await isOutgoing(context.store, message)) throw new PamojaError('SUBMITTED', 'the message is queued already');
  // The store's owner sends, or SYSTEM in the owner's name. Any other caller sends in their own name and needs the permission of the user
  // that the message is from: a right on a folder is none to send as its owner.
  const user = caller.system
    ? { tenant: store.tenant, user: store.user }
    : { tenant: caller.tenant, user: caller.user };
  const [account, sender] = await Promise.all([
    findUser(context.store.db, [user.tenant], { id: user.user }),
    context.directory.sender(user),
  ]);
  if (!sender) throw new PamojaError('NO_ACCESS', 'the sender may not send');
  const levels = await levelsOf(context.store, store);
  if (levels.soft > 0 && store.size >= levels.soft)
    throw new PamojaError('STORE_FULL', 'the store is over its soft quota');
  return { account, sender };
}

/** Reads the message as it is now and makes its envelope. */
async function outgoingOf({ context, caller, located }: Draft, { account, sender }: Author): Promise<Outgoing> {
  const { store } = context;
  const [now] = await messagesByIds(store.db, located.store, [located.message.id]);
  if (now?.view !== VIEW.LIVE) throw new PamojaError('NOT_FOUND', 'the message was deleted');
  const { object } = await openMessage(store, now);
  const from = authorOf(object.properties) || account.email;
  const recipients = await recipientsOf(store.db, caller, object);
  if (recipients.length === 0) throw new PamojaError('INVALID_PARAMETER', 'the message has no recipients');
  const limit = sender.maxRecipients || store.options.submission_max_recipients;
  if (recipients.length > limit) throw new PamojaError('TOO_BIG', `a message may have ${limit} recipients`);
  if (!maySendFrom(sender, from))
    throw new PamojaError('NO_ACCESS', `${from} is not an address that you may send from`);
  // RFC 8098 §3: a receipt has the null return path, so that no report comes back for it.
  return { object, from, envelope: { sender: isReceipt(object.properties) ? '' : canonicalAddress(from), recipients } };
}

/** Completes, checks and queues a message; false where it was changed in between. Throws SUBMITTED for one that is queued. */
async function enqueue(draft: Draft, { account, sender }: Author, outgoing: Outgoing): Promise<boolean> {
  const { store } = draft.context;
  const saved = await saveProperties(draft, completed(draft, account, outgoing));
  const content = await storedContent(store, saved);
  const checked = await checkOutgoing(outgoing.envelope, sender, content, store.options.lmtp_max_header_size);
  return submitSaved(store, saved, content, checked);
}

/** Makes a message a draft again after an error, which is what the caller is told even if this fails. */
async function restoreFlags(draft: Draft, { properties }: MapiObject): Promise<void> {
  const flags = Number(properties.get(PR.MESSAGE_FLAGS) ?? 0);
  try {
    await saveProperties(draft, new Map([[PR.MESSAGE_FLAGS, flags]]));
  } catch (error) {
    // Another call has queued it in between.
    if (PamojaError.is(error, 'SUBMITTED')) return;
    const { tenant, id } = draft.located.message;
    draft.context.log.warn(
      { tenant, message: id.toString('hex'), error: String(error) },
      'flags of a message that was not submitted could not be restored, it stays marked as submitted',
    );
  }
}

/** The properties that a message lacks to be sent: author, times and Message-ID; and its flags. */
function completed(
  { context, located }: Draft,
  owner: Author['account'],
  { object: { properties }, from }: Outgoing,
): PropertyBag {
  const now = context.store.clock();
  const set: PropertyBag = new Map();
  if (!properties.get(PR.SENT_REPRESENTING_EMAIL_ADDRESS)) {
    set.set(PR.SENT_REPRESENTING_NAME, owner.fullName);
    set.set(PR.SENT_REPRESENTING_ADDRTYPE, 'SMTP');
    set.set(PR.SENT_REPRESENTING_EMAIL_ADDRESS, from);
  }
  if (!String(properties.get(PR.SENT_REPRESENTING_EMAIL_ADDRESS) ?? from).includes('@'))
    set.set(PR.SENT_REPRESENTING_SMTP_ADDRESS, from);
  if (!properties.get(PR.CLIENT_SUBMIT_TIME)) set.set(PR.CLIENT_SUBMIT_TIME, fileTime(now));
  if (!properties.get(PR.MESSAGE_DELIVERY_TIME)) set.set(PR.MESSAGE_DELIVERY_TIME, toFileTime(now));
  if (!properties.get(PR.INTERNET_MESSAGE_ID)) {
    const domain = from.split('@')[1] ?? 'localhost';
    set.set(PR.INTERNET_MESSAGE_ID, `<${located.message.id.toString('hex')}@${domain}>`);
  }
  set.set(PR.MESSAGE_FLAGS, (Number(properties.get(PR.MESSAGE_FLAGS) ?? 0) | MSGFLAG.SUBMIT) & ~MSGFLAG.UNSENT);
  return set;
}

async function saveProperties({ context, caller, located }: Draft, set: PropertyBag): Promise<MessageFacts> {
  const { facts } = await saveMessage(context.store, located.store, {
    folder: located.folder.id,
    id: located.message.id,
    change: { type: OBJECT.MESSAGE, id: 1, deleted: false, set, removed: [], children: [] },
    associated: false,
    syncId: 0,
    hardQuota: 0,
    requireChangeable: requireUnqueued,
    modifier: { name: caller.login, entryId: callerEntryId(caller) },
  });
  return facts;
}

/** The bytes of a message as they are stored now. */
async function storedContent(context: StoreContext, message: MessageFacts): Promise<StoredContent> {
  const found = await openContentsById(context, message.tenant, [message]);
  const open = found.get(message);
  if (!open) throw new PamojaError('NOT_FOUND', 'the message was deleted');
  return open();
}
