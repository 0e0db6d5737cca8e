import type { LocatedMessage } from '../../shared/access/locate.ts';
import { requireRight } from '../../shared/access/store-rights.ts';
import { canonicalAddress } from '../../shared/directory/entries/addresses.ts';
import { findUser } from '../../shared/directory/entries/entries.ts';
import type { Sender } from '../../shared/directory/sources/directory-source.ts';
import { decodeOneOff, isAddressBookId } from '../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { toFileTime } from '../../shared/mapi/filetime.ts';
import { MSGFLAG } from '../../shared/mapi/message-flags.ts';
import type { PropertyBag } from '../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { authorOf } from '../../shared/mime/compose-header.ts';
import { isReceipt } from '../../shared/mime/report.ts';
import { fileTime } from '../../shared/store/content/property-list.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { deleteMessagesById } from '../../shared/store/messages/delete-messages.ts';
import { openContentsById, type StoredContent } from '../../shared/store/messages/message-content.ts';
import { type MessageFacts, messagesByIds, VIEW } from '../../shared/store/messages/message-facts.ts';
import { openMessage } from '../../shared/store/messages/open-message.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { dropOutgoing, isOutgoing, requireUnqueued } from '../../shared/store/outgoing/add-outgoing.ts';
import { checkOutgoing, maySendFrom, type OutgoingEnvelope } from '../../shared/submission/check-outgoing.ts';
import { submitSaved } from '../../shared/submission/submit-message.ts';
import { callerEntryId, fromWireId, idOf } from './address-ids.ts';
import type { Call } from './operations/operation.ts';
import { levelsOf } from './quota.ts';

/** Tries to submit a message that others change meanwhile. */
const ATTEMPTS = 5;

/** Sends a message that a client has saved, from the folder that it is in: from now on the spooler has it (manual 5.4). */
export async function submit(call: Call, located: LocatedMessage): Promise<void> {
  const { context } = call;
  const { store } = located;
  if (store.user === null) throw new PamojaError('NO_SUPPORT', 'nobody sends from a public store');
  if (located.message.view !== VIEW.LIVE) throw new PamojaError('NO_SUPPORT', 'what belongs to a folder is not sent');
  if (await isOutgoing(context.store, located.message))
    throw new PamojaError('SUBMITTED', 'the message is in the outgoing queue already');
  const author = await senderOf(call, located);
  const levels = await levelsOf(context, store);
  if (levels.soft > 0 && store.size >= levels.soft)
    throw new PamojaError('STORE_FULL', 'the store is over its soft quota');
  const first = await outgoingOf(call, located, author);
  const allowed = await context.hourlyLimit.take(store.tenant, author.sender.maxHourlyMessages).catch(() => true);
  if (!allowed) throw new PamojaError('UNABLE_TO_COMPLETE', 'the company has sent too much in this hour');
  try {
    for (let attempt = 1, outgoing = first; !(await enqueue(call, located, author, outgoing)); attempt++) {
      if (attempt >= ATTEMPTS) throw new PamojaError('BUSY', 'the message is being changed again and again');
      outgoing = await outgoingOf(call, located, author);
    }
  } catch (error) {
    // Another call has submitted it: what that one has written stays.
    if (!PamojaError.is(error, 'SUBMITTED')) await restoreFlags(call, located, first.object);
    throw error;
  }
  context.enqueuer.wake(store.tenant);
}

interface Author {
  account: { fullName: string; email: string };
  sender: Sender;
}

interface Outgoing {
  object: MapiObject;
  from: string;
  envelope: OutgoingEnvelope;
}

/** What is to be sent, to whom, as the message is now. */
async function outgoingOf(
  call: Call,
  { store, message }: LocatedMessage,
  { account, sender }: Author,
): Promise<Outgoing> {
  const { context } = call;
  const [now] = await messagesByIds(context.store.db, store, [message.id]);
  if (now?.view !== VIEW.LIVE) throw new PamojaError('NOT_FOUND', 'the message is gone');
  const { object } = await openMessage(context.store, now);
  const from = authorOf(object.properties) || account.email;
  const recipients = await recipientsOf(call, object);
  if (recipients.length === 0) throw new PamojaError('INVALID_PARAMETER', 'the message has no recipients');
  const limit = sender.maxRecipients || context.store.options.submission_max_recipients;
  if (recipients.length > limit) throw new PamojaError('TOO_BIG', `a message may have ${limit} recipients`);
  if (!maySendFrom(sender, from))
    throw new PamojaError('NO_ACCESS', `${from} is not an address that you may send from`);
  // RFC 8098 §3: nobody is told that a receipt could not be delivered.
  return { object, from, envelope: { sender: isReceipt(object.properties) ? '' : canonicalAddress(from), recipients } };
}

/** Completes, checks and queues a message; false where it was changed in between. Throws SUBMITTED for one that is queued. */
async function enqueue(
  call: Call,
  located: LocatedMessage,
  { account, sender }: Author,
  { object, from, envelope }: Outgoing,
): Promise<boolean> {
  const { store } = call.context;
  const saved = await saveProperties(call, located, completed(located, object, account, from, store.clock()));
  const content = await storedContent(call, saved);
  const checked = await checkOutgoing(envelope, sender, content, store.options.lmtp_max_header_size);
  return submitSaved(store, saved, content, checked);
}

/** A message that is not sent is the draft that it was. The error that it is for counts more than one of its own. */
async function restoreFlags(call: Call, located: LocatedMessage, { properties }: MapiObject): Promise<void> {
  const flags = Number(properties.get(PR.MESSAGE_FLAGS) ?? 0);
  try {
    await saveProperties(call, located, new Map([[PR.MESSAGE_FLAGS, flags]]));
  } catch (error) {
    // Another call has submitted it in between.
    if (PamojaError.is(error, 'SUBMITTED')) return;
    const { tenant, id } = located.message;
    call.context.log.warn(
      { tenant, message: id.toString('hex'), error: String(error) },
      'flags of a message that was not submitted could not be restored, it stays marked as submitted',
    );
  }
}

/**
 * Who sends a message of a store: its owner, where they do it or SYSTEM does it for them; else the caller, who needs the permission of whomever
 * the message is from. A right on somebody's folders is none on their name.
 */
async function senderOf({ context, session }: Call, { store }: LocatedMessage): Promise<Author> {
  const { caller } = session;
  if (store.user === null) throw new PamojaError('NO_SUPPORT', 'nobody sends from a public store');
  const who = caller.system ? { tenant: store.tenant, user: store.user } : { tenant: caller.tenant, user: caller.user };
  const [account, sender] = await Promise.all([
    findUser(context.store.db, [who.tenant], { id: who.user }),
    context.directory.sender(who),
  ]);
  if (!sender) throw new PamojaError('NO_ACCESS', 'the sender may not send');
  return { account, sender };
}

/** What a message lacks to be sent: who it is from, when, and what it is known by. */
function completed(
  { message }: LocatedMessage,
  { properties }: MapiObject,
  owner: { fullName: string; email: string },
  from: string,
  now: number,
): PropertyBag {
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
  if (!properties.get(PR.INTERNET_MESSAGE_ID))
    set.set(PR.INTERNET_MESSAGE_ID, `<${message.id.toString('hex')}@${from.split('@')[1] ?? 'localhost'}>`);
  set.set(PR.MESSAGE_FLAGS, (Number(properties.get(PR.MESSAGE_FLAGS) ?? 0) | MSGFLAG.SUBMIT) & ~MSGFLAG.UNSENT);
  return set;
}

async function saveProperties(call: Call, { store, folder, message }: LocatedMessage, set: PropertyBag) {
  const { facts } = await saveMessage(call.context.store, store, {
    folder: folder.id,
    id: message.id,
    change: { type: OBJECT.MESSAGE, id: 1, deleted: false, set, removed: [], children: [] },
    associated: false,
    syncId: 0,
    hardQuota: 0,
    requireChangeable: requireUnqueued,
    modifier: { name: call.session.caller.login, entryId: callerEntryId(call.session.caller) },
  });
  return facts;
}

/** The bytes of a message as they are now. */
async function storedContent({ context }: Call, message: MessageFacts): Promise<StoredContent> {
  const found = await openContentsById(context.store, message.tenant, [message]);
  const open = found.get(message);
  if (!open) throw new PamojaError('NOT_FOUND', 'the message is gone');
  return open();
}

/** Addresses of all recipients that the server answers for; people of the address book by theirs. */
async function recipientsOf(call: Call, object: MapiObject): Promise<string[]> {
  const addresses = new Set<string>();
  for (const { type, properties } of object.children) {
    if (type !== OBJECT.MAIL_USER && type !== OBJECT.DIST_LIST) continue;
    if (properties.get(PR.RESPONSIBILITY) === true) continue;
    addresses.add(canonicalAddress(await addressOf(call, properties)));
  }
  return [...addresses];
}

async function addressOf(call: Call, properties: PropertyBag): Promise<string> {
  for (const tag of [PR.SMTP_ADDRESS, PR.EMAIL_ADDRESS]) {
    const address = String(properties.get(tag) ?? '');
    if (/^[^\s@<>]+@[^\s@<>]+$/.test(address)) return address;
  }
  const entryId = properties.get(PR.EC_CONTACT_ENTRYID);
  if (Buffer.isBuffer(entryId)) {
    const oneOff = decodeOneOff(entryId);
    if (oneOff && /^[^\s@<>]+@[^\s@<>]+$/.test(oneOff.address)) return oneOff.address;
    const known = isAddressBookId(entryId) ? fromWireId(idOf(0, entryId)) : undefined;
    if (known?.kind === 'user')
      return (await findUser(call.context.store.db, call.session.caller.scope, { id: known.id })).email;
  }
  throw new PamojaError('INVALID_PARAMETER', 'a recipient has no address');
}

/** A client's own spooler says that it has sent a message. */
export async function finishSubmission({ context }: Call, located: LocatedMessage): Promise<void> {
  requireRight(located, RIGHT.EDIT_ALL);
  if (!(await isOutgoing(context.store, located.message)))
    throw new PamojaError('NOT_IN_QUEUE', 'the message is not on its way');
  await dropOutgoing(context.store, located.message);
  const opened = await openMessage(context.store, located.message, located.content);
  // PR_DELETE_AFTER_SUBMIT
  if (opened.object.properties.get(PR.DELETE_AFTER_SUBMIT) === true)
    await deleteMessagesById(context.store, located.store, [located.message.id], { hard: false, syncId: 0 });
}

/** Takes a message back that nobody has sent yet. */
export async function abortSubmission({ context }: Call, located: LocatedMessage): Promise<void> {
  if (!(await isOutgoing(context.store, located.message)))
    throw new PamojaError('NOT_IN_QUEUE', 'the message is not on its way');
  await dropOutgoing(context.store, located.message);
}
