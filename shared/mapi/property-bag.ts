import { isBlobValue, type PropertyBag, type PropertyValue } from './property.ts';
import { blobTag } from './property-document.ts';
import { type PropertyTag, PT, propertyId, propertyType, withType } from './property-tags.ts';

// The key of a property in a bag is its whole tag, id and type: 0x8512001F and 0x85120102 are two properties. Text is the exception: a bag keeps
// it as Unicode, whichever of the two types the tag has.

/** The tag of a property in a bag: text always as Unicode. */
export function asUnicode(tag: PropertyTag): PropertyTag {
  const type = propertyType(tag);
  if (type === PT.STRING8) return withType(tag, PT.UNICODE);
  return type === PT.MV_STRING8 ? withType(tag, PT.MV_UNICODE) : tag;
}

/** The tag that clients without Unicode ask for: text in their code page. */
export function asString8(tag: PropertyTag): PropertyTag {
  const type = propertyType(tag);
  if (type === PT.UNICODE) return withType(tag, PT.STRING8);
  return type === PT.MV_UNICODE ? withType(tag, PT.MV_STRING8) : tag;
}

const OTHER_TEXT: ReadonlyMap<number, number> = new Map([
  [PT.STRING8, PT.UNICODE],
  [PT.UNICODE, PT.STRING8],
  [PT.MV_STRING8, PT.MV_UNICODE],
  [PT.MV_UNICODE, PT.MV_STRING8],
]);

/** Whether a tag leaves the type open: PT_UNSPECIFIED, PT_NULL or PT_ERROR (no stored value has these types). */
const isOpen = (tag: PropertyTag): boolean => {
  const type = propertyType(tag);
  return type === PT.UNSPECIFIED || type === PT.ERROR || type === PT_NULL;
};
const PT_NULL = 1;

/** The tag under which a bag has the requested property; for PT_UNSPECIFIED, the first property with that id. */
export function tagIn(bag: PropertyBag, tag: PropertyTag): PropertyTag | undefined {
  if (bag.has(tag)) return tag;
  if (propertyType(tag) === PT.UNSPECIFIED) {
    for (const [key, value] of bag)
      if (propertyId(key) === propertyId(tag)) return isBlobValue(value) ? withType(key, value.type) : key;
    return undefined;
  }
  const other = OTHER_TEXT.get(propertyType(tag));
  const same = other === undefined ? undefined : withType(tag, other);
  return same !== undefined && bag.has(same) ? same : undefined;
}

/** The value of a property in the requested type. */
export function valueAs(bag: PropertyBag, tag: PropertyTag): PropertyValue | undefined {
  const key = tagIn(bag, tag);
  return key === undefined ? undefined : bag.get(key);
}

/** A bag with some properties set and others removed; properties with the same id and another type stay. */
export function changeBag(bag: PropertyBag, set: PropertyBag, removed: readonly PropertyTag[]): PropertyBag {
  const ids = new Set(removed.filter(isOpen).map(propertyId));
  const replaced = new Set(
    [...removed, ...set.keys()].map(asUnicode).flatMap((tag) => [tag, blobTag(tag), textBeside(tag)]),
  );
  const kept = [...bag].filter(([tag]) => !replaced.has(tag) && !ids.has(propertyId(tag)));
  return new Map([...kept, ...set]);
}

/** The tag of a text property with the other text type, which older documents may contain. */
const textBeside = (tag: PropertyTag): PropertyTag => {
  const other = OTHER_TEXT.get(propertyType(tag));
  return other === undefined ? tag : withType(tag, other);
};
