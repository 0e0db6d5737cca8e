import type { Insertable } from 'kysely';
import type { MessagesTable } from '../../database/schema.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';
import type { PreparedMessage } from './prepare-message.ts';

interface Place extends StoreRef {
  folder: FolderId;
  id: MessageId;
}

interface Standing {
  uid: Uid;
  modseq: number;
  savedAt: number;
  flags: number;
  keywords: string;
}

/** The row of a message in one folder: what tables and listings sort, filter and show. */
export function messageRow(message: PreparedMessage, place: Place, standing: Standing): Insertable<MessagesTable> {
  const { properties } = message;
  return {
    folder_id: place.folder,
    deleted: 0,
    uid: standing.uid,
    arrival_uid: standing.uid,
    store_id: place.store,
    tenant_id: place.tenant,
    id: place.id,
    modseq: standing.modseq,
    flags: standing.flags,
    keywords: standing.keywords,
    received_at: message.receivedAt,
    delivered_at: message.receivedAt,
    saved_at: standing.savedAt,
    sent_at: properties.sentAt ?? null,
    size: message.size,
    message_class: column(properties.messageClass),
    subject: column(properties.subject),
    sender_name: column(properties.senderName),
    sender_address: column(properties.senderAddress),
    display_to: column(properties.displayTo),
    importance: properties.importance,
    has_attachments: properties.hasAttachments ? 1 : 0,
    conversation_id: properties.conversationId,
    imap_envelope: message.envelope,
    imap_body_structure: message.bodyStructure,
    imap_preview: message.preview,
    imap_header: message.header ?? null,
    deleted_at: null,
  };
}

/** UTF-16 code units that a column of text holds at most. */
const COLUMN_LENGTH = 255;

/** Cuts a text to the 255 characters that a column holds, as MAPI tables show it; the document has the whole value. No surrogate pair is cut in two. */
export function column(text: string): string {
  if (text.length <= COLUMN_LENGTH) return text.toWellFormed();
  const cut = text.slice(0, COLUMN_LENGTH);
  return (/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut).toWellFormed();
}

/** Whether a column may hold only the beginning of a text. A text that was cut before a surrogate pair is one unit shorter than the column. */
export const mayBeCut = (value: string): boolean => value.length >= COLUMN_LENGTH - 1;
