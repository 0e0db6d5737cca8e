import { compareValues } from './compare.ts';
import { PamojaError } from './error.ts';
import type { PropertyValue } from './property.ts';
import { isMultiValue, PR, type PropertyTag, propertyId, propertyType, withType } from './property-tags.ts';
import {
  type ContentRestriction,
  MAX_RESTRICTION_NESTING,
  type PropertyRestriction,
  type Relation,
  type Restriction,
} from './restriction.ts';

/** Conditions of one restriction, those that combine others included. Mail clients send some dozens. */
const MAX_CONDITIONS = 1_000;

/** The id of PR_ANR, which matches the names that people use for somebody. */
const PR_ANR = propertyId(PR.ANR);

/** An object that a restriction is evaluated on. */
export interface Restrictable {
  /** The value of a property, or undefined if there is none. */
  get(tag: PropertyTag): PropertyValue | undefined;
  /** The recipients (`PR_MESSAGE_RECIPIENTS`) or attachments (`PR_MESSAGE_ATTACHMENTS`) of a message, for a sub-object restriction. */
  below?(tag: PropertyTag): readonly Restrictable[];
}

/** Whether an object matches a restriction. */
export type Test = (object: Restrictable) => boolean;

type CachedTest = (object: CachedObject) => boolean;

/** Whether one row or object matches a restriction. Throws as {@link testOf} does, which is for many objects. */
export const matches = (restriction: Restriction, object: Restrictable): boolean => testOf(restriction)(object);

/**
 * Compiles a restriction into a test for many objects. Throws TOO_COMPLEX for one that is nested too deeply or has too many conditions.
 */
export function testOf(restriction: Restriction): Test {
  const test = compile(restriction, { left: MAX_CONDITIONS }, 0);
  return (object) => test(new CachedObject(object));
}

/** `conditions` counts down the conditions that the whole restriction may still have. */
function compile(restriction: Restriction, conditions: { left: number }, nesting: number): CachedTest {
  if (nesting > MAX_RESTRICTION_NESTING) throw new PamojaError('TOO_COMPLEX', 'the restriction is nested too deeply');
  if (--conditions.left < 0) throw new PamojaError('TOO_COMPLEX', 'the restriction has too many conditions');
  const inner = (next: Restriction): CachedTest => compile(next, conditions, nesting + 1);
  switch (restriction.type) {
    case 'and': {
      const tests = restriction.conditions.map(inner);
      return (object) => tests.every((test) => test(object));
    }
    case 'or': {
      const tests = restriction.conditions.map(inner);
      return (object) => tests.some((test) => test(object));
    }
    case 'not': {
      const test = inner(restriction.condition);
      return (object) => !test(object);
    }
    case 'subObject': {
      const { tag } = restriction;
      const test = inner(restriction.condition);
      return (object) => object.below(tag).some(test);
    }
    case 'comment':
      return restriction.condition ? inner(restriction.condition) : () => true;
    default:
      return valueTest(restriction);
  }
}

/** Conditions on single values. */
function valueTest(
  restriction: Exclude<Restriction, { type: 'and' | 'or' | 'not' | 'subObject' | 'comment' }>,
): CachedTest {
  switch (restriction.type) {
    case 'content':
      return contentTest(restriction);
    case 'property':
      return propertyTest(restriction);
    case 'compareProperties': {
      const { left, right } = restriction;
      const relates = HOLDS[restriction.relation];
      return (object) => {
        const [a, b] = [object.get(left), object.get(right)];
        return a !== undefined && b !== undefined && relates(compareValues(a, b));
      };
    }
    case 'bitmask': {
      const { mask, tag, bits } = restriction;
      return (object) => {
        const value = object.get(tag);
        return value !== undefined && ((Number(value) & mask) === 0) === (bits === 'zero');
      };
    }
    case 'size': {
      const { tag, size } = restriction;
      const relates = HOLDS[restriction.relation];
      return (object) => {
        const value = object.get(tag);
        return value !== undefined && relates(sizeOf(value) - size);
      };
    }
    case 'exist': {
      const { tag } = restriction;
      return (object) => object.get(tag) !== undefined;
    }
  }
}

/** Whether a relation holds, by the sign of a comparison. */
const HOLDS: Readonly<Record<Relation, (order: number) => boolean>> = {
  less: (order) => order < 0,
  lessOrEqual: (order) => order <= 0,
  greater: (order) => order > 0,
  greaterOrEqual: (order) => order >= 0,
  equal: (order) => order === 0,
  notEqual: (order) => order !== 0,
};

/** An object with a cache: each value is read, and each text folded, once for all conditions. */
class CachedObject {
  private readonly object: Restrictable;
  private readonly values = new Map<PropertyTag, PropertyValue | undefined>();
  private readonly texts = new Map<string, readonly string[]>();
  private readonly children = new Map<PropertyTag, readonly CachedObject[]>();

  constructor(object: Restrictable) {
    this.object = object;
  }

  get(tag: PropertyTag): PropertyValue | undefined {
    if (!this.values.has(tag)) this.values.set(tag, this.object.get(tag));
    return this.values.get(tag);
  }

  below(tag: PropertyTag): readonly CachedObject[] {
    const known = this.children.get(tag);
    if (known) return known;
    const children = (this.object.below?.(tag) ?? []).map((child) => new CachedObject(child));
    this.children.set(tag, children);
    return children;
  }

  /** The values of a property; a multi-valued property has several. */
  all(tag: PropertyTag): readonly PropertyValue[] {
    const value = this.get(isMultiValue(tag) ? withType(tag, propertyType(tag) & ~0x2000) : tag);
    if (value === undefined) return [];
    return Array.isArray(value) ? (value as PropertyValue[]) : [value];
  }

  /** The values of a property as folded text. */
  folded(tag: PropertyTag, folding: Folding): readonly string[] {
    const key = `${tag} ${folding.case} ${folding.marks}`;
    const known = this.texts.get(key);
    if (known) return known;
    const texts = this.all(tag).map((value) =>
      fold(Buffer.isBuffer(value) ? value.toString('utf8') : String(value), folding),
    );
    this.texts.set(key, texts);
    return texts;
  }
}

function contentTest({ tag, property, match, ...how }: ContentRestriction): CachedTest {
  const wanted = property.value;
  if (Buffer.isBuffer(wanted))
    return (object) => object.all(tag).some((value) => Buffer.isBuffer(value) && bytesMatch(value, wanted, match));
  const folding = { case: how.ignoreCase || how.loose, marks: how.ignoreNonSpace || how.loose };
  const needle = fold(String(wanted), folding);
  const isWanted = (text: string): boolean => {
    if (match === 'prefix') return text.startsWith(needle);
    return match === 'substring' ? text.includes(needle) : text === needle;
  };
  return (object) => object.folded(tag, folding).some(isWanted);
}

function bytesMatch(value: Buffer, wanted: Buffer, match: ContentRestriction['match']): boolean {
  if (match === 'prefix') return value.subarray(0, wanted.length).equals(wanted);
  return match === 'substring' ? value.includes(wanted) : value.equals(wanted);
}

/** What a text comparison ignores: case, and diacritics. */
interface Folding {
  case: boolean;
  marks: boolean;
}

const IGNORE_CASE: Folding = { case: true, marks: false };

function fold(text: string, folding: Folding): string {
  const bare = folding.marks ? text.normalize('NFD').replace(/\p{M}/gu, '') : text;
  return folding.case ? bare.toLowerCase() : bare;
}

function propertyTest({ relation, tag, property }: PropertyRestriction): CachedTest {
  const wanted = property.value;
  if (propertyId(tag) === PR_ANR) return nameTest(String(wanted));
  if (relation === 'regularExpression') {
    const expression = safeRegExp(String(wanted));
    return (object) => object.all(tag).some((value) => expression.test(String(value)));
  }
  // A property that does not exist is unequal to every value.
  if (relation === 'notEqual') return (object) => object.all(tag).every((value) => compareValues(value, wanted) !== 0);
  const relates = HOLDS[relation];
  return (object) => object.all(tag).some((value) => relates(compareValues(value, wanted)));
}

/** Ambiguous name resolution: a name, or a word of it, begins with the text. */
function nameTest(wanted: string): CachedTest {
  const needle = fold(wanted, IGNORE_CASE);
  const isCalled = (name: string): boolean => {
    for (let at = name.indexOf(needle); at >= 0; at = name.indexOf(needle, at + 1))
      if (at === 0 || /[\s,.@_-]/.test(name.charAt(at - 1))) return true;
    return false;
  };
  return (object) =>
    [PR.DISPLAY_NAME, PR.ACCOUNT, PR.SMTP_ADDRESS].some((tag) => object.folded(tag, IGNORE_CASE).some(isCalled));
}

/** A client's expression is matched as plain text: a backtracking expression would block the event loop. */
const safeRegExp = (text: string): RegExp => new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i');

function sizeOf(value: PropertyValue): number {
  if (Buffer.isBuffer(value)) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return (value as PropertyValue[]).reduce<number>((sum, item) => sum + sizeOf(item), 0);
  if (typeof value === 'bigint') return 8;
  return typeof value === 'boolean' ? 2 : 4;
}
