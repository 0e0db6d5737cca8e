import { locate } from '../../../shared/access/locate.ts';
import { requireRight } from '../../../shared/access/store-rights.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { SHOW_SOFT_DELETES } from '../../../shared/mapi/operation-flags.ts';
import type { Property } from '../../../shared/mapi/property.ts';
import { asUnicode } from '../../../shared/mapi/property-bag.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PT, propertyType } from '../../../shared/mapi/property-tags.ts';
import { splitLarge } from '../../../shared/store/content/property-list.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { adminStoreProperties, isAdminStore } from '../admin-store.ts';
import { subscribeToNotifications } from '../subscriptions.ts';
import { loadFolder, loadMessage, loadStore } from './load-object.ts';
import { loadProperty } from './load-property.ts';
import type { Operations } from './operation.ts';
import { saveMessageObject } from './save-message-object.ts';
import { saveFolder, saveStore } from './save-object.ts';
import { EMPTY_OBJECT } from './wire-object.ts';

export const objectOperations: Operations<
  'loadObject' | 'saveObject' | 'loadProp' | 'checkExistObject' | 'setLockState'
> = {
  async loadObject(call, { sEntryId, lpsNotSubscribe, ulFlags }) {
    const { context, session } = call;
    if (isAdminStore(context, sEntryId)) {
      const properties = adminStoreProperties(context);
      return {
        er: 0,
        sSaveObject: { ...EMPTY_OBJECT, ...splitLarge(properties), ulServerId: 1, ulObjType: OBJECT.STORE },
      };
    }
    const located = await locate(context.store, session.caller, sEntryId, {
      deleted: (ulFlags & SHOW_SOFT_DELETES) !== 0,
      withContent: true,
    });
    if (located.kind === 'folder') requireRight(located, RIGHT.VISIBLE);
    if (lpsNotSubscribe) await subscribeToNotifications(call, lpsNotSubscribe);
    const load =
      located.kind === 'store'
        ? loadStore(call, located.store)
        : located.kind === 'folder'
          ? loadFolder(call, located)
          : loadMessage(call, located);
    return { er: 0, sSaveObject: await load };
  },

  async saveObject(call, { sParentEntryId, sEntryId, lpsSaveObj, ulFlags, ulSyncId }) {
    if (!lpsSaveObj) throw new PamojaError('INVALID_PARAMETER', 'the object to save is missing');
    const { type } = decodeEntryId(sEntryId);
    if (type === OBJECT.MESSAGE)
      return {
        er: 0,
        sSaveObject: await saveMessageObject(call, {
          sent: lpsSaveObj,
          entryId: sEntryId,
          parentId: sParentEntryId,
          flags: ulFlags,
          syncId: ulSyncId,
        }),
      };
    const located = await locate(call.context.store, call.session.caller, sEntryId);
    if (located.kind === 'store') return { er: 0, sSaveObject: await saveStore(call, located, lpsSaveObj) };
    if (located.kind !== 'folder')
      throw new PamojaError('INVALID_TYPE', 'only stores, folders and messages can be saved');
    return { er: 0, sSaveObject: await saveFolder(call, located, lpsSaveObj, ulSyncId) };
  },

  async loadProp(call, { sEntryId, ulObjId, ulPropTag }) {
    const { context, session } = call;
    const tag = asUnicode(ulPropTag);
    const located = await locate(context.store, session.caller, sEntryId, { withContent: true });
    const found = await loadProperty(call, located, ulObjId, tag);
    if (found === undefined) throw new PamojaError('NOT_FOUND', 'no such property');
    const asked = propertyType(ulPropTag) === PT.UNSPECIFIED ? found.tag : ulPropTag;
    return { er: 0, lpPropVal: { tag: asked, value: found.value as Property['value'] } };
  },

  async checkExistObject(call, { sEntryId, ulFlags }) {
    // No right is asked for: entry ids cannot be guessed, and the answer says only that the object exists.
    if (!isAdminStore(call.context, sEntryId))
      await locate(call.context.store, call.session.caller, sEntryId, { deleted: (ulFlags & SHOW_SOFT_DELETES) !== 0 });
    return { result: 0 };
  },

  async setLockState(call, { sEntryId, bLocked }) {
    const { context, session } = call;
    const located = await locate(context.store, session.caller, sEntryId);
    if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
    requireRight(located, RIGHT.EDIT_ALL);
    context.locks.set(session, located.store, located.message.id, bLocked);
    return { result: 0 };
  },
};
