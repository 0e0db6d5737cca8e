import type { FolderEntry } from '../../../shared/store/folders/folder.ts';
import type { ListedMessage } from '../../../shared/store/messages/message-list.ts';

// RFC 8474: ids that stay when names, uids and folders change. Each kind of id begins with a letter of its own.

export const mailboxId = ({ guid }: Pick<FolderEntry, 'guid'>): string => `F${guid.toString('hex')}`;
export const emailId = (message: Pick<ListedMessage, 'emailId'>): string => `M${message.emailId?.toString('hex')}`;
export const threadId = (message: Pick<ListedMessage, 'threadId'>): string => `T${message.threadId?.toString('hex')}`;
