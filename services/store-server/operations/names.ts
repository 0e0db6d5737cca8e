import { PamojaError } from '../../../shared/mapi/error.ts';
import type { NamedProp } from '../../../shared/protocol/soap/interface.ts';
import { idsOfNames, MAX_NAME, namesOfIds, type PropertyName } from '../../../shared/store/content/named-properties.ts';
import type { Operations } from './operation.ts';

const MAPI_CREATE = 2;
const MAX_NAMES = 5000;

function nameOf({ lpId, lpString, lpguid }: NamedProp): PropertyName {
  if (lpguid?.length !== 16) throw new PamojaError('INVALID_PARAMETER', 'a name has a GUID');
  if (lpString !== undefined) {
    if (lpString === '' || lpString.length > MAX_NAME)
      throw new PamojaError('INVALID_PARAMETER', 'a name is no longer than 254 characters');
    return { guid: lpguid, kind: 1, name: lpString };
  }
  if (lpId === undefined) throw new PamojaError('INVALID_PARAMETER', 'a name is a number or a text');
  return { guid: lpguid, kind: 0, name: String(lpId) };
}

export const nameOperations: Operations<'getIDsFromNames' | 'getNamesFromIDs'> = {
  async getIDsFromNames({ context, session }, { lpsNamedProps, ulFlags }) {
    const names = (lpsNamedProps ?? []).map(nameOf);
    if (names.length > MAX_NAMES) throw new PamojaError('TOO_COMPLEX', 'too many names at once');
    const lpsPropTags = await idsOfNames(context.store, session.caller.tenant, names, (ulFlags & MAPI_CREATE) !== 0);
    return { lpsPropTags, er: 0 };
  },

  async getNamesFromIDs({ context, session }, { lpsPropTags }) {
    const names = await namesOfIds(context.store, session.caller.tenant, (lpsPropTags ?? []).slice(0, MAX_NAMES));
    return {
      lpsNames: names.map((name): NamedProp => {
        if (!name) return {};
        return name.kind === 1
          ? { lpString: name.name, lpguid: name.guid }
          : { lpId: Number(name.name), lpguid: name.guid };
      }),
      er: 0,
    };
  },
};
