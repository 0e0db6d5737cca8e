import { PamojaError } from '../../../shared/mapi/error.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { TryCreate } from './error-responses.ts';
import { requireFolder } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';
import type { ImapSession } from './session.ts';

/** The folder that messages are put into. RFC 3501 §6.4.7: the answer to a name without a mailbox is TRYCREATE. */
export async function targetFolder(session: ImapSession, name: string): Promise<NamedFolder> {
  try {
    return await requireFolder(session, name, RIGHT.CREATE);
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) throw new TryCreate(error);
    throw error;
  }
}
