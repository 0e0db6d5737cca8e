import type { WireRestriction } from '../protocol/soap/types.ts';
import { compareValues } from './compare.ts';
import { KopanoError } from './error.ts';
import type { PropertyValue } from './property-document.ts';
import { isMultiValue, type PropertyTag, propertyId, propertyType, withType } from './property-tags.ts';

/** Types of restrictions (MS-OXCDATA §2.12). */
export const RES = {
  AND: 0,
  OR: 1,
  NOT: 2,
  CONTENT: 3,
  PROPERTY: 4,
  COMPARE: 5,
  BITMASK: 6,
  SIZE: 7,
  EXIST: 8,
  SUB: 9,
  COMMENT: 10,
} as const;

const FUZZY = { SUBSTRING: 1, PREFIX: 2, IGNORE_CASE: 0x1_0000, IGNORE_NON_SPACE: 0x2_0000, LOOSE: 0x4_0000 };
const RELOP = { LT: 0, LE: 1, GT: 2, GE: 3, EQ: 4, NE: 5, RE: 6 };
const MAX_NESTING = 64;

/** PR_ANR: matches what a person may call somebody by. */
const PR_ANR = 0x360c;

/** What a restriction is asked about. */
export interface Restrictable {
  /** The value of a property, or undefined where there is none. */
  get(tag: PropertyTag): PropertyValue | undefined;
  /** What is below it, for a restriction on recipients (`PR_MESSAGE_RECIPIENTS`) or attachments. */
  below?(tag: PropertyTag): readonly Restrictable[];
}

/** Whether a row or object is what a restriction asks for. Throws TOO_COMPLEX for one that is nested too deeply. */
export function matches(restriction: WireRestriction, object: Restrictable, nesting = 0): boolean {
  if (nesting > MAX_NESTING) throw new KopanoError('TOO_COMPLEX', 'the restriction is nested too deeply');
  const inner = (next: WireRestriction) => matches(next, object, nesting + 1);
  switch (restriction.ulType) {
    case RES.AND:
      return (restriction.lpAnd ?? []).every(inner);
    case RES.OR:
      return (restriction.lpOr ?? []).some(inner);
    case RES.NOT:
      return !inner(required(restriction.lpNot?.lpNot));
    case RES.CONTENT:
      return matchesContent(required(restriction.lpContent), object);
    case RES.PROPERTY:
      return matchesProperty(required(restriction.lpProp), object);
    case RES.COMPARE: {
      const { ulPropTag1, ulPropTag2, ulType } = required(restriction.lpCompare);
      const [a, b] = [object.get(ulPropTag1), object.get(ulPropTag2)];
      return a !== undefined && b !== undefined && relates(ulType, compareValues(a, b));
    }
    case RES.BITMASK: {
      const { ulMask, ulPropTag, ulType } = required(restriction.lpBitmask);
      const value = object.get(ulPropTag);
      if (value === undefined) return false;
      const zero = (Number(value) & ulMask) === 0;
      return ulType === 0 ? zero : !zero;
    }
    case RES.SIZE: {
      const { ulPropTag, ulType, cb } = required(restriction.lpSize);
      const value = object.get(ulPropTag);
      return value !== undefined && relates(ulType, sizeOf(value) - cb);
    }
    case RES.EXIST:
      return object.get(required(restriction.lpExist).ulPropTag) !== undefined;
    case RES.SUB: {
      const { ulSubObject, lpSubObject } = required(restriction.lpSub);
      const sub = required(lpSubObject);
      return object.below?.(ulSubObject).some((child) => matches(sub, child, nesting + 1)) ?? false;
    }
    case RES.COMMENT: {
      const { lpResTable } = required(restriction.lpComment);
      return lpResTable === undefined || inner(lpResTable);
    }
    default:
      throw new KopanoError('TOO_COMPLEX', `unknown restriction ${restriction.ulType}`);
  }
}

/** Every property that a restriction looks at. */
export function restrictedTags(restriction: WireRestriction | undefined): PropertyTag[] {
  if (!restriction) return [];
  const { lpContent, lpProp, lpCompare, lpBitmask, lpSize, lpExist } = restriction;
  return [
    ...[lpContent, lpProp, lpBitmask, lpSize, lpExist].flatMap((part) => (part ? [part.ulPropTag] : [])),
    ...(lpCompare ? [lpCompare.ulPropTag1, lpCompare.ulPropTag2] : []),
    ...(restriction.lpAnd ?? []).flatMap(restrictedTags),
    ...(restriction.lpOr ?? []).flatMap(restrictedTags),
    ...restrictedTags(restriction.lpNot?.lpNot),
    ...restrictedTags(restriction.lpComment?.lpResTable),
    ...(restriction.lpSub ? [restriction.lpSub.ulSubObject] : []),
  ];
}

function required<T>(part: T | undefined): T {
  if (part === undefined) throw new KopanoError('INVALID_TYPE', 'the restriction lacks what its type asks for');
  return part;
}

type Content = NonNullable<WireRestriction['lpContent']>;

function matchesContent({ ulFuzzyLevel, ulPropTag, lpProp }: Content, object: Restrictable): boolean {
  const wanted = required(lpProp).value;
  const values = valuesOf(object, ulPropTag);
  if (Buffer.isBuffer(wanted))
    return values.some((value) => Buffer.isBuffer(value) && bytesMatch(value, wanted, ulFuzzyLevel));
  const needle = fold(String(wanted), ulFuzzyLevel);
  return values.some((value) => {
    const text = fold(Buffer.isBuffer(value) ? value.toString('utf8') : String(value), ulFuzzyLevel);
    if ((ulFuzzyLevel & FUZZY.PREFIX) !== 0) return text.startsWith(needle);
    return (ulFuzzyLevel & FUZZY.SUBSTRING) !== 0 ? text.includes(needle) : text === needle;
  });
}

function bytesMatch(value: Buffer, wanted: Buffer, level: number): boolean {
  if ((level & FUZZY.PREFIX) !== 0) return value.subarray(0, wanted.length).equals(wanted);
  return (level & FUZZY.SUBSTRING) !== 0 ? value.includes(wanted) : value.equals(wanted);
}

function fold(text: string, level: number): string {
  const bare =
    (level & (FUZZY.IGNORE_NON_SPACE | FUZZY.LOOSE)) !== 0 ? text.normalize('NFD').replace(/\p{M}/gu, '') : text;
  return (level & (FUZZY.IGNORE_CASE | FUZZY.LOOSE)) !== 0 ? bare.toLowerCase() : bare;
}

type Comparison = NonNullable<WireRestriction['lpProp']>;

function matchesProperty({ ulType, ulPropTag, lpProp }: Comparison, object: Restrictable): boolean {
  const wanted = required(lpProp).value as PropertyValue;
  if (propertyId(ulPropTag) === PR_ANR) return matchesName(String(wanted), object);
  const values = valuesOf(object, ulPropTag);
  // A value that is not there is unequal to every other.
  if (values.length === 0) return ulType === RELOP.NE;
  if (ulType === RELOP.RE) return values.some((value) => safeRegExp(String(wanted)).test(String(value)));
  if (ulType === RELOP.NE) return values.every((value) => compareValues(value, wanted) !== 0);
  return values.some((value) => relates(ulType, compareValues(value, wanted)));
}

/** Names that begin with what is looked for, and words of names that do. */
function matchesName(wanted: string, object: Restrictable): boolean {
  const needle = wanted.toLowerCase();
  return [0x3001001f, 0x3a00001f, 0x39fe001f].some((tag) => {
    const name = String(object.get(tag) ?? '').toLowerCase();
    for (let at = name.indexOf(needle); at >= 0; at = name.indexOf(needle, at + 1))
      if (at === 0 || /[\s,.@_-]/.test(name.charAt(at - 1))) return true;
    return false;
  });
}

/** A client's expression is taken as text: one that takes for ever would hold up everybody. */
const safeRegExp = (text: string): RegExp => new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i');

/** The values that a property has: of a multi-valued one each. */
function valuesOf(object: Restrictable, tag: PropertyTag): PropertyValue[] {
  const value = object.get(isMultiValue(tag) ? withType(tag, propertyType(tag) & ~0x2000) : tag);
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as PropertyValue[]) : [value];
}

function relates(relop: number, order: number): boolean {
  switch (relop) {
    case RELOP.LT:
      return order < 0;
    case RELOP.LE:
      return order <= 0;
    case RELOP.GT:
      return order > 0;
    case RELOP.GE:
      return order >= 0;
    case RELOP.EQ:
      return order === 0;
    case RELOP.NE:
      return order !== 0;
    default:
      throw new KopanoError('TOO_COMPLEX', `unknown comparison ${relop}`);
  }
}

function sizeOf(value: PropertyValue): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return (value as PropertyValue[]).reduce<number>((sum, item) => sum + sizeOf(item), 0);
  if (typeof value === 'bigint') return 8;
  return typeof value === 'boolean' ? 2 : 4;
}
