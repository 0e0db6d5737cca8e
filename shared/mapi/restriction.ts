import type { WireRestriction } from '../protocol/soap/types.ts';
import { compareValues } from './compare.ts';
import { PamojaError } from './error.ts';
import type { PropertyValue } from './property-document.ts';
import { isMultiValue, PR, type PropertyTag, propertyId, propertyType, withType } from './property-tags.ts';

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
const FOLDING = FUZZY.IGNORE_CASE | FUZZY.IGNORE_NON_SPACE | FUZZY.LOOSE;
const RELOP = { LT: 0, LE: 1, GT: 2, GE: 3, EQ: 4, NE: 5, RE: 6 };
const MAX_NESTING = 64;
/** Of one restriction, those that hold others together included. Mail clients ask for some dozens. */
const MAX_CONDITIONS = 1_000;

/** The id of PR_ANR: matches what a person may call somebody by. */
const PR_ANR = propertyId(PR.ANR);

/** What a restriction is asked about. */
export interface Restrictable {
  /** The value of a property, or undefined where there is none. */
  get(tag: PropertyTag): PropertyValue | undefined;
  /** What is below it, for a restriction on recipients (`PR_MESSAGE_RECIPIENTS`) or attachments. */
  below?(tag: PropertyTag): readonly Restrictable[];
}

/** Whether an object is what a restriction asks for. */
export type Test = (object: Restrictable) => boolean;

type SeenTest = (object: Seen) => boolean;

/** Whether a row or object is what a restriction asks for. Throws as {@link testOf} does, which is for many objects. */
export const matches = (restriction: WireRestriction, object: Restrictable): boolean => testOf(restriction)(object);

/**
 * Makes a restriction ready to be asked of many objects. Throws TOO_COMPLEX for one that is nested too deeply or has too many conditions, and
 * for a condition that is not known; INVALID_TYPE for one that lacks what its type asks for.
 */
export function testOf(restriction: WireRestriction): Test {
  const test = compile(restriction, { left: MAX_CONDITIONS }, 0);
  return (object) => test(new Seen(object));
}

/** `conditions`: how many more the whole restriction may have. */
function compile(restriction: WireRestriction, conditions: { left: number }, nesting: number): SeenTest {
  if (nesting > MAX_NESTING) throw new PamojaError('TOO_COMPLEX', 'the restriction is nested too deeply');
  if (--conditions.left < 0) throw new PamojaError('TOO_COMPLEX', 'the restriction has too many conditions');
  const inner = (next: WireRestriction): SeenTest => compile(next, conditions, nesting + 1);
  switch (restriction.ulType) {
    case RES.AND: {
      const tests = (restriction.lpAnd ?? []).map(inner);
      return (object) => tests.every((test) => test(object));
    }
    case RES.OR: {
      const tests = (restriction.lpOr ?? []).map(inner);
      return (object) => tests.some((test) => test(object));
    }
    case RES.NOT: {
      const test = inner(required(restriction.lpNot?.lpNot));
      return (object) => !test(object);
    }
    case RES.CONTENT:
      return contentTest(required(restriction.lpContent));
    case RES.PROPERTY:
      return propertyTest(required(restriction.lpProp));
    case RES.SUB: {
      const { ulSubObject, lpSubObject } = required(restriction.lpSub);
      const test = inner(required(lpSubObject));
      return (object) => object.below(ulSubObject).some(test);
    }
    case RES.COMMENT: {
      const { lpResTable } = required(restriction.lpComment);
      return lpResTable === undefined ? () => true : inner(lpResTable);
    }
    default:
      return valueTest(restriction);
  }
}

/** Conditions on single values. */
function valueTest(restriction: WireRestriction): SeenTest {
  switch (restriction.ulType) {
    case RES.COMPARE: {
      const { ulPropTag1, ulPropTag2, ulType } = required(restriction.lpCompare);
      const relates = relationOf(ulType);
      return (object) => {
        const [a, b] = [object.get(ulPropTag1), object.get(ulPropTag2)];
        return a !== undefined && b !== undefined && relates(compareValues(a, b));
      };
    }
    case RES.BITMASK: {
      const { ulMask, ulPropTag, ulType } = required(restriction.lpBitmask);
      return (object) => {
        const value = object.get(ulPropTag);
        return value !== undefined && ((Number(value) & ulMask) === 0) === (ulType === 0);
      };
    }
    case RES.SIZE: {
      const { ulPropTag, ulType, cb } = required(restriction.lpSize);
      const relates = relationOf(ulType);
      return (object) => {
        const value = object.get(ulPropTag);
        return value !== undefined && relates(sizeOf(value) - cb);
      };
    }
    case RES.EXIST: {
      const { ulPropTag } = required(restriction.lpExist);
      return (object) => object.get(ulPropTag) !== undefined;
    }
    default:
      throw new PamojaError('TOO_COMPLEX', `unknown restriction ${restriction.ulType}`);
  }
}

/** An object while it is asked about: each value is read, and each text folded, once for all conditions. */
class Seen {
  private readonly object: Restrictable;
  private readonly values = new Map<PropertyTag, PropertyValue | undefined>();
  private readonly texts = new Map<string, readonly string[]>();
  private readonly children = new Map<PropertyTag, readonly Seen[]>();

  constructor(object: Restrictable) {
    this.object = object;
  }

  get(tag: PropertyTag): PropertyValue | undefined {
    if (!this.values.has(tag)) this.values.set(tag, this.object.get(tag));
    return this.values.get(tag);
  }

  below(tag: PropertyTag): readonly Seen[] {
    const known = this.children.get(tag);
    if (known) return known;
    const children = (this.object.below?.(tag) ?? []).map((child) => new Seen(child));
    this.children.set(tag, children);
    return children;
  }

  /** The values of a property: of a multi-valued one each. */
  all(tag: PropertyTag): readonly PropertyValue[] {
    const value = this.get(isMultiValue(tag) ? withType(tag, propertyType(tag) & ~0x2000) : tag);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as PropertyValue[]) : [value];
  }

  /** The values of a property as text, folded. */
  folded(tag: PropertyTag, level: number): readonly string[] {
    const key = `${tag} ${level & FOLDING}`;
    const known = this.texts.get(key);
    if (known) return known;
    const texts = this.all(tag).map((value) =>
      fold(Buffer.isBuffer(value) ? value.toString('utf8') : String(value), level),
    );
    this.texts.set(key, texts);
    return texts;
  }
}

/** Every property that a restriction looks at. */
export const restrictedTags = (restriction: WireRestriction | undefined): PropertyTag[] => [
  ...new Set(restriction ? tagsOf(restriction) : []),
];

function tagsOf(restriction: WireRestriction): PropertyTag[] {
  const { lpContent, lpProp, lpCompare, lpBitmask, lpSize, lpExist } = restriction;
  return [
    ...[lpContent, lpProp, lpBitmask, lpSize, lpExist].flatMap((part) => (part ? [part.ulPropTag] : [])),
    ...(lpCompare ? [lpCompare.ulPropTag1, lpCompare.ulPropTag2] : []),
    ...(restriction.lpAnd ?? []).flatMap(tagsOf),
    ...(restriction.lpOr ?? []).flatMap(tagsOf),
    ...[restriction.lpNot?.lpNot, restriction.lpComment?.lpResTable].flatMap((part) => (part ? tagsOf(part) : [])),
    ...(restriction.lpSub ? [restriction.lpSub.ulSubObject] : []),
  ];
}

function required<T>(part: T | undefined): T {
  if (part === undefined) throw new PamojaError('INVALID_TYPE', 'the restriction lacks what its type asks for');
  return part;
}

type Content = NonNullable<WireRestriction['lpContent']>;

function contentTest({ ulFuzzyLevel, ulPropTag, lpProp }: Content): SeenTest {
  const wanted = required(lpProp).value;
  if (Buffer.isBuffer(wanted))
    return (object) =>
      object.all(ulPropTag).some((value) => Buffer.isBuffer(value) && bytesMatch(value, wanted, ulFuzzyLevel));
  const needle = fold(String(wanted), ulFuzzyLevel);
  const isWanted = (text: string): boolean => {
    if ((ulFuzzyLevel & FUZZY.PREFIX) !== 0) return text.startsWith(needle);
    return (ulFuzzyLevel & FUZZY.SUBSTRING) !== 0 ? text.includes(needle) : text === needle;
  };
  return (object) => object.folded(ulPropTag, ulFuzzyLevel).some(isWanted);
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

function propertyTest({ ulType, ulPropTag, lpProp }: Comparison): SeenTest {
  const wanted = required(lpProp).value as PropertyValue;
  if (propertyId(ulPropTag) === PR_ANR) return nameTest(String(wanted));
  if (ulType === RELOP.RE) {
    const expression = safeRegExp(String(wanted));
    return (object) => object.all(ulPropTag).some((value) => expression.test(String(value)));
  }
  // A value that is not there is unequal to every other.
  if (ulType === RELOP.NE)
    return (object) => object.all(ulPropTag).every((value) => compareValues(value, wanted) !== 0);
  const relates = relationOf(ulType);
  return (object) => object.all(ulPropTag).some((value) => relates(compareValues(value, wanted)));
}

/** Names that begin with what is looked for, and words of names that do. */
function nameTest(wanted: string): SeenTest {
  const needle = fold(wanted, FUZZY.IGNORE_CASE);
  const isCalled = (name: string): boolean => {
    for (let at = name.indexOf(needle); at >= 0; at = name.indexOf(needle, at + 1))
      if (at === 0 || /[\s,.@_-]/.test(name.charAt(at - 1))) return true;
    return false;
  };
  return (object) =>
    [PR.DISPLAY_NAME, PR.ACCOUNT, PR.SMTP_ADDRESS].some((tag) => object.folded(tag, FUZZY.IGNORE_CASE).some(isCalled));
}

/** A client's expression is taken as text: one that takes for ever would hold up everybody. */
const safeRegExp = (text: string): RegExp => new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i');

function relationOf(relop: number): (order: number) => boolean {
  switch (relop) {
    case RELOP.LT:
      return (order) => order < 0;
    case RELOP.LE:
      return (order) => order <= 0;
    case RELOP.GT:
      return (order) => order > 0;
    case RELOP.GE:
      return (order) => order >= 0;
    case RELOP.EQ:
      return (order) => order === 0;
    case RELOP.NE:
      return (order) => order !== 0;
    default:
      throw new PamojaError('TOO_COMPLEX', `unknown comparison ${relop}`);
  }
}

function sizeOf(value: PropertyValue): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return (value as PropertyValue[]).reduce<number>((sum, item) => sum + sizeOf(item), 0);
  if (typeof value === 'bigint') return 8;
  return typeof value === 'boolean' ? 2 : 4;
}
