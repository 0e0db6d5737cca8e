import type { Folder } from '../../../shared/store/folders/folder.ts';
import type { ListedMessage } from '../../../shared/store/messages/messages.ts';

// RFC 8474: ids that outlive names, uids and moves. The letter keeps those of different kinds apart.

export const mailboxId = ({ guid }: Pick<Folder, 'guid'>): string => `F${guid.toString('hex')}`;
export const emailId = (message: Pick<ListedMessage, 'emailId'>): string => `M${message.emailId?.toString('hex')}`;
export const threadId = (message: Pick<ListedMessage, 'threadId'>): string => `T${message.threadId?.toString('hex')}`;
