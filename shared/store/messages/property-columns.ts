import { conversationId, splitSubject } from '../../mapi/conversation.ts';
import { fromFileTime } from '../../mapi/filetime.ts';
import { FOLLOW_UP, IMPORTANCE, MSGFLAG, VERB } from '../../mapi/message-flags.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag } from '../../mapi/property-tags.ts';
import { column } from '../content/message-row.ts';
import type { PreparedMessage } from '../content/prepare-message.ts';
import { FLAG } from './flags.ts';

/** The columns of a message row that follow from its properties; of its MIME only what IMAP shows, since the MIME was made of the properties. */
export function columnsOf({ properties, children }: MapiObject, prepared: PreparedMessage | undefined) {
  const textOf = (tag: PropertyTag): string => String(properties.get(tag) ?? '');
  const submit = properties.get(PR.CLIENT_SUBMIT_TIME);
  const received = properties.get(PR.MESSAGE_DELIVERY_TIME);
  return {
    message_class: column(textOf(PR.MESSAGE_CLASS) || 'IPM.Note'),
    subject: column(textOf(PR.SUBJECT)),
    sender_name: column(textOf(PR.SENT_REPRESENTING_NAME) || textOf(PR.SENDER_NAME)),
    sender_address: column(textOf(PR.SENT_REPRESENTING_EMAIL_ADDRESS) || textOf(PR.SENDER_EMAIL_ADDRESS)),
    display_to: column(textOf(PR.DISPLAY_TO)),
    importance: Number(properties.get(PR.IMPORTANCE) ?? IMPORTANCE.NORMAL),
    has_attachments: children.some(({ type }) => type === OBJECT.ATTACHMENT) ? 1 : 0,
    conversation_id: conversationId(splitSubject(textOf(PR.SUBJECT)).normalized),
    ...(typeof submit === 'bigint' ? { sent_at: fromFileTime(submit) } : {}),
    delivered_at: typeof received === 'bigint' ? fromFileTime(received) : 0,
    ...(typeof received === 'bigint' ? { received_at: fromFileTime(received) } : {}),
    ...(prepared
      ? {
          size: prepared.size,
          imap_envelope: prepared.envelope,
          imap_body_structure: prepared.bodyStructure,
          imap_preview: prepared.preview,
          imap_header: prepared.header ?? null,
        }
      : {}),
  };
}

/** The IMAP flags that follow from the properties of a message; a flag that no property decides stays as it was. */
export function flagsOfProperties(properties: PropertyBag, before: number, created: boolean): number {
  const messageFlags = properties.get(PR.MESSAGE_FLAGS);
  let flags = before;
  const put = (flag: number, on: boolean) => {
    flags = on ? flags | flag : flags & ~flag;
  };
  if (typeof messageFlags === 'number') {
    // Once the message exists, setReadFlags alone decides whether it is read.
    if (created) put(FLAG.SEEN, (messageFlags & MSGFLAG.READ) !== 0);
    put(FLAG.DRAFT, (messageFlags & MSGFLAG.UNSENT) !== 0);
  }
  const flagStatus = properties.get(PR.FLAG_STATUS);
  if (flagStatus !== undefined) put(FLAG.FLAGGED, flagStatus === FOLLOW_UP.FLAGGED);
  const verb = properties.get(PR.LAST_VERB_EXECUTED);
  if (verb !== undefined) put(FLAG.ANSWERED, verb === VERB.REPLY_TO_SENDER || verb === VERB.REPLY_TO_ALL);
  return flags;
}
