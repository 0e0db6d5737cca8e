import { findStore, requireRight, rightsOn } from '../../shared/access/store-rights.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { PR, propertyId } from '../../shared/mapi/property-tags.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { messageById } from '../../shared/store/messages/message-facts.ts';
import { findObject, openMessage } from '../../shared/store/messages/open-message.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import type { ServerContext } from './context.ts';
import type { Call } from './operations/operation.ts';

// A single instance id stands for the data of an attachment, so that a copy of it need not travel to the client and back. It says where
// the data is, never what is in it: who presents one must have the right to read it there.

/** MUIDECSI: the beginning of single instance ids. */
const GUID = Buffer.from('7976ed54d0d211dd9705be5055d89593', 'hex');
const DATA_ID = propertyId(PR.ATTACH_DATA_BIN);
const LENGTH = 4 + 16 + 4 + 4 + 8 + 16 + 16 + 16;

/** Layout: flags, MUIDECSI, padding, property id, number of the attachment (u64), GUID of the server, of the store, of the message. */
export function instanceIdOf(
  { serverGuid }: ServerContext,
  store: MapiStore,
  message: Buffer,
  attachment: number,
  property = DATA_ID,
): Buffer {
  const bytes = Buffer.alloc(LENGTH);
  GUID.copy(bytes, 4);
  bytes.writeUInt32LE(property, 24);
  bytes.writeUInt32LE(attachment, 28);
  serverGuid.copy(bytes, 36);
  store.guid.copy(bytes, 52);
  message.copy(bytes, 68);
  return bytes;
}

/** Finds the data of a single instance id. Throws UNKNOWN_INSTANCE_ID for an invalid one, and where the session may not read the data. */
export async function openInstance(call: Call, id: Buffer): Promise<Buffer> {
  if (id.length !== LENGTH || !id.subarray(4, 20).equals(GUID))
    throw new PamojaError('UNKNOWN_INSTANCE_ID', 'not an instance id');
  try {
    const { context, session } = call;
    const store = await findStore(context.store, session.caller, id.subarray(52, 68));
    const message = await messageById(context.store.db, store, id.subarray(68, 84));
    requireRight({ rights: await rightsOn(context.store, session.caller, store, message.folder) }, RIGHT.READ);
    const opened = await openMessage(context.store, message);
    const attachment = findObject(opened.object, id.readUInt32LE(28));
    const data = attachment && (await opened.open(attachment, PR.ATTACH_DATA_BIN));
    if (Buffer.isBuffer(data)) return data;
  } catch (error) {
    if (!PamojaError.is(error, 'NOT_FOUND', 'NO_ACCESS')) throw error;
  }
  throw new PamojaError('UNKNOWN_INSTANCE_ID', 'no such instance');
}
