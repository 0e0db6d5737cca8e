import type { PropertyBag } from '../../mapi/property.ts';
import { changeBag } from '../../mapi/property-bag.ts';
import { type MapiObject, OBJECT } from '../../mapi/property-document.ts';
import { PR, type PropertyTag, propertyId } from '../../mapi/property-tags.ts';

/** What a client changes of a message, or of a recipient or an attachment below it. */
export interface ObjectChange {
  type: number;
  /** 0: it is new. */
  id: number;
  deleted: boolean;
  set: PropertyBag;
  removed: readonly PropertyTag[];
  children: readonly ObjectChange[];
}

/** The result of a change: the id of each object, in the order of the change, and whether it was created. */
export interface SavedObject {
  id: number;
  created: boolean;
  children: SavedObject[];
}

/** Ids of properties that are about a message and not in its MIME: a change of these alone leaves the bytes as they are. */
const NOT_IN_MIME = new Set(
  [
    PR.MESSAGE_FLAGS,
    PR.ICON_INDEX,
    PR.FLAG_STATUS,
    PR.LAST_VERB_EXECUTED,
    PR.LAST_VERB_EXECUTION_TIME,
    PR.FLAG_COMPLETE_TIME,
    PR.FOLLOWUP_ICON,
    PR.TODO_ITEM_FLAGS,
    PR.SWAPPED_TODO_STORE,
    PR.MSG_STATUS,
  ].map(propertyId),
);

/** Applies a change to an object, in place. Each new object below it gets the next id, and `now` (a FILETIME) as its times. */
export const applyObjectChange = (object: MapiObject, change: ObjectChange, now: bigint): SavedObject =>
  applyTo(object, change, { last: highestId(object) }, now);

const highestId = (object: MapiObject): number =>
  object.children.reduce((highest, child) => Math.max(highest, highestId(child)), object.id);

function applyTo(object: MapiObject, change: ObjectChange, ids: { last: number }, now: bigint): SavedObject {
  object.properties = changeBag(object.properties, change.set, change.removed);
  const data = object.properties.get(PR.ATTACH_DATA_BIN);
  if (object.type === OBJECT.ATTACHMENT && Buffer.isBuffer(data)) object.properties.set(PR.ATTACH_SIZE, data.length);
  const children = change.children.map((next): SavedObject => {
    const there = next.id > 0 ? object.children.find(({ id }) => id === next.id) : undefined;
    if (next.deleted) {
      object.children = object.children.filter((child) => child !== there);
      return { id: next.id, created: false, children: [] };
    }
    const child = there ?? { type: next.type, id: ++ids.last, properties: new Map(), children: [] };
    if (!there) {
      child.properties.set(PR.CREATION_TIME, now);
      object.children.push(child);
    }
    const result = applyTo(child, next, ids, now);
    child.properties.set(PR.LAST_MODIFICATION_TIME, now);
    if (!there && !child.properties.has(PR.CREATION_TIME)) child.properties.set(PR.CREATION_TIME, now);
    return { ...result, created: !there };
  });
  return { id: object.id, created: false, children };
}

/** Whether a change makes other bytes of a message necessary. */
export const changesMime = ({ set, removed, children }: ObjectChange): boolean =>
  children.length > 0 || [...set.keys(), ...removed].some((tag) => !NOT_IN_MIME.has(propertyId(tag)));
