import { PamojaError } from '../../../shared/mapi/error.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../../../shared/store/engine/ids.ts';
import { listFolderEntries } from '../../../shared/store/folders/folder.ts';
import { expungeMessages } from '../../../shared/store/messages/expunge-messages.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';
import { type MessageContent, openContents } from '../../../shared/store/messages/message-content.ts';
import { listMessages, listStates } from '../../../shared/store/messages/message-list.ts';
import { setMessageFlags } from '../../../shared/store/messages/set-message-flags.ts';

/** A message of a maildrop. Its number is its position, beginning with 1. */
export interface DropMessage {
  uid: Uid;
  size: number;
  /** Never changes, and is never the id of another message (RFC 1939 §7). */
  uniqueId: string;
  deleted: boolean;
  retrieved: boolean;
}

/** The inbox as it was when its owner logged in: a POP3 session sees no changes (RFC 1939 §8). */
export class Maildrop {
  readonly messages: DropMessage[];
  private readonly context: StoreContext;
  private readonly ref: StoreRef;
  private readonly folder: FolderId;

  /** `messages`: those of `folder`, by uid. */
  constructor(context: StoreContext, ref: StoreRef, folder: FolderId, messages: DropMessage[]) {
    this.context = context;
    this.ref = ref;
    this.folder = folder;
    this.messages = messages;
  }

  static async open(context: StoreContext, ref: StoreRef): Promise<Maildrop> {
    const inbox = (await listFolderEntries(context.db, ref)).find(({ role }) => role === 'inbox');
    if (!inbox) throw new PamojaError('NOT_FOUND', 'the store has no inbox');
    const uids = (await listStates(context.db, ref, inbox.id)).map(({ uid }) => uid);
    const messages: DropMessage[] = [];
    for await (const batch of listMessages(context.db, ref, inbox.id, uids, {}))
      for (const { uid, size } of batch)
        messages.push({
          uid,
          size,
          uniqueId: `${inbox.uidValidity.toString(16).padStart(8, '0')}${uid.toString(16).padStart(8, '0')}`,
          deleted: false,
          retrieved: false,
        });
    return new Maildrop(context, ref, inbox.id, messages);
  }

  /** The messages that are not marked as deleted, with their numbers. */
  get remaining(): { number: number; message: DropMessage }[] {
    return this.messages.map((message, i) => ({ number: i + 1, message })).filter(({ message }) => !message.deleted);
  }

  /** The content of a message; undefined when another session has deleted it meanwhile. */
  async content({ uid }: DropMessage): Promise<MessageContent | undefined> {
    for await (const [, content] of openContents(this.context, this.ref, this.folder, [uid])) return content;
    return undefined;
  }

  /** RFC 1939 §6: deletes the marked messages; marks the retrieved ones as read. */
  async update(): Promise<void> {
    const uidsOf = (test: (message: DropMessage) => boolean) => this.messages.filter(test).map(({ uid }) => uid);
    const gone = uidsOf(({ deleted }) => deleted);
    const read = uidsOf(({ deleted, retrieved }) => retrieved && !deleted);
    if (gone.length > 0) await expungeMessages(this.context, this.ref, this.folder, gone, false);
    if (read.length > 0)
      await setMessageFlags(this.context, this.ref, this.folder, read, { how: 'add', flags: FLAG.SEEN, keywords: [] });
  }
}
