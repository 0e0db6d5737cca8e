import type { Property } from '../../../shared/mapi/property.ts';
import type { SaveObject } from '../../../shared/protocol/soap/interface.ts';

/** An object of the wire without properties and children. */
export const EMPTY_OBJECT: SaveObject = {
  delProps: [],
  modProps: [],
  bDelete: false,
  ulClientId: 0,
  ulServerId: 0,
  ulObjType: 0,
};

/** The answer to a saved object: the properties that the server has set, under the ids of both sides. */
export const savedObject = (properties: Property[], sent: SaveObject, id: number): SaveObject => ({
  delProps: properties.map(({ tag }) => tag),
  modProps: properties,
  bDelete: false,
  ulClientId: sent.ulClientId,
  ulServerId: id,
  ulObjType: sent.ulObjType,
});
