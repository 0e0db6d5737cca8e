import { PamojaError } from './error.ts';
import type { PlainProperty } from './plain-value.ts';
import { isPlainValue, type Property } from './property.ts';
import type { PropertyTag } from './property-tags.ts';
import { MAX_RESTRICTION_NESTING, type Relation, type Restriction } from './restriction.ts';

/**
 * The form in which stored documents keep a restriction: the fields of Kopano's `restrictTable`, by their names there, which is also how the
 * SOAP interface transfers it. Only the part that belongs to the type is set.
 */
export interface RestrictionDocument {
  ulType: number;
  lpAnd?: RestrictionDocument[];
  lpOr?: RestrictionDocument[];
  lpNot?: { lpNot?: RestrictionDocument };
  lpContent?: { ulFuzzyLevel: number; ulPropTag: PropertyTag; lpProp?: Property };
  lpProp?: { ulType: number; ulPropTag: PropertyTag; lpProp?: Property };
  lpCompare?: { ulType: number; ulPropTag1: PropertyTag; ulPropTag2: PropertyTag };
  lpBitmask?: { ulType: number; ulPropTag: PropertyTag; ulMask: number };
  lpSize?: { ulType: number; ulPropTag: PropertyTag; cb: number };
  lpExist?: { ulPropTag: PropertyTag };
  lpSub?: { ulSubObject: PropertyTag; lpSubObject?: RestrictionDocument };
  lpComment?: { lpResTable?: RestrictionDocument; sProps?: Property[] };
}

/** RestrictType (MS-OXCDATA §2.12). */
const RES = {
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

/** FuzzyLevelLow and FuzzyLevelHigh (MS-OXCDATA §2.12.4). */
const FUZZY = { SUBSTRING: 1, PREFIX: 2, IGNORE_CASE: 0x1_0000, IGNORE_NON_SPACE: 0x2_0000, LOOSE: 0x4_0000 } as const;
const MATCH_BITS = { whole: 0, substring: FUZZY.SUBSTRING, prefix: FUZZY.PREFIX } as const;

/** RelOp by number (MS-OXCDATA §2.12.5). */
const RELATIONS: readonly Relation[] = ['less', 'lessOrEqual', 'greater', 'greaterOrEqual', 'equal', 'notEqual'];
/** RELOP_RE of MAPI. */
const REGULAR_EXPRESSION = 6;

/** BMR_EQZ and BMR_NEZ (MS-OXCDATA §2.12.7). */
const BITS_ZERO = 0;
const BITS_NOT_ZERO = 1;

/**
 * Reads the stored form. Throws TOO_COMPLEX for a restriction that is nested too deeply, and for a type or relation that is not known;
 * INVALID_TYPE if the part of the type is missing, or the value to compare with is a structure.
 */
export function readRestriction(document: RestrictionDocument, nesting = 0): Restriction {
  if (nesting > MAX_RESTRICTION_NESTING) throw new PamojaError('TOO_COMPLEX', 'the restriction is nested too deeply');
  const inner = (next: RestrictionDocument | undefined): Restriction => readRestriction(required(next), nesting + 1);
  switch (document.ulType) {
    case RES.AND:
      return { type: 'and', conditions: (document.lpAnd ?? []).map(inner) };
    case RES.OR:
      return { type: 'or', conditions: (document.lpOr ?? []).map(inner) };
    case RES.NOT:
      return { type: 'not', condition: inner(required(document.lpNot).lpNot) };
    case RES.SUB: {
      const { ulSubObject, lpSubObject } = required(document.lpSub);
      return { type: 'subObject', tag: ulSubObject, condition: inner(lpSubObject) };
    }
    case RES.COMMENT: {
      const { lpResTable, sProps } = required(document.lpComment);
      const properties = (sProps ?? []).map(plain);
      return { type: 'comment', properties, ...(lpResTable ? { condition: inner(lpResTable) } : {}) };
    }
    default:
      return readCondition(document);
  }
}

/** Conditions on single values. */
function readCondition(document: RestrictionDocument): Restriction {
  switch (document.ulType) {
    case RES.CONTENT:
      return readContent(required(document.lpContent));
    case RES.PROPERTY: {
      const { ulType, ulPropTag, lpProp } = required(document.lpProp);
      const relation = ulType === REGULAR_EXPRESSION ? 'regularExpression' : relationOf(ulType);
      return { type: 'property', relation, tag: ulPropTag, property: plain(required(lpProp)) };
    }
    case RES.COMPARE: {
      const { ulType, ulPropTag1, ulPropTag2 } = required(document.lpCompare);
      return { type: 'compareProperties', relation: relationOf(ulType), left: ulPropTag1, right: ulPropTag2 };
    }
    case RES.BITMASK: {
      const { ulType, ulPropTag, ulMask } = required(document.lpBitmask);
      return { type: 'bitmask', bits: ulType === BITS_ZERO ? 'zero' : 'notZero', tag: ulPropTag, mask: ulMask };
    }
    case RES.SIZE: {
      const { ulType, ulPropTag, cb } = required(document.lpSize);
      return { type: 'size', relation: relationOf(ulType), tag: ulPropTag, size: cb };
    }
    case RES.EXIST:
      return { type: 'exist', tag: required(document.lpExist).ulPropTag };
    default:
      throw new PamojaError('TOO_COMPLEX', `unknown restriction ${document.ulType}`);
  }
}

function readContent({ ulFuzzyLevel, ulPropTag, lpProp }: NonNullable<RestrictionDocument['lpContent']>): Restriction {
  const has = (bit: number): boolean => (ulFuzzyLevel & bit) !== 0;
  return {
    type: 'content',
    tag: ulPropTag,
    property: plain(required(lpProp)),
    match: has(FUZZY.PREFIX) ? 'prefix' : has(FUZZY.SUBSTRING) ? 'substring' : 'whole',
    ignoreCase: has(FUZZY.IGNORE_CASE),
    ignoreNonSpace: has(FUZZY.IGNORE_NON_SPACE),
    loose: has(FUZZY.LOOSE),
  };
}

function required<T>(part: T | undefined): T {
  if (part === undefined)
    throw new PamojaError('INVALID_TYPE', 'the restriction lacks the part that its type requires');
  return part;
}

function plain({ tag, value }: Property): PlainProperty {
  if (!isPlainValue(value)) throw new PamojaError('INVALID_TYPE', 'the restriction compares with a structure');
  return { tag, value };
}

function relationOf(number: number): Relation {
  const relation = RELATIONS[number];
  if (!relation) throw new PamojaError('TOO_COMPLEX', `unknown comparison ${number}`);
  return relation;
}

/** The reverse of {@link readRestriction}. */
export function restrictionDocument(restriction: Restriction): RestrictionDocument {
  switch (restriction.type) {
    case 'and':
      return { ulType: RES.AND, lpAnd: restriction.conditions.map(restrictionDocument) };
    case 'or':
      return { ulType: RES.OR, lpOr: restriction.conditions.map(restrictionDocument) };
    case 'not':
      return { ulType: RES.NOT, lpNot: { lpNot: restrictionDocument(restriction.condition) } };
    case 'subObject': {
      const { tag, condition } = restriction;
      return { ulType: RES.SUB, lpSub: { ulSubObject: tag, lpSubObject: restrictionDocument(condition) } };
    }
    case 'comment': {
      const { condition, properties } = restriction;
      const inner = condition ? { lpResTable: restrictionDocument(condition) } : {};
      return { ulType: RES.COMMENT, lpComment: { ...inner, sProps: properties } };
    }
    default:
      return conditionDocument(restriction);
  }
}

type Condition = Exclude<Restriction, { type: 'and' | 'or' | 'not' | 'subObject' | 'comment' }>;

function conditionDocument(condition: Condition): RestrictionDocument {
  const ulPropTag = condition.type === 'compareProperties' ? condition.left : condition.tag;
  switch (condition.type) {
    case 'content':
      return {
        ulType: RES.CONTENT,
        lpContent: {
          ulFuzzyLevel:
            MATCH_BITS[condition.match] |
            (condition.ignoreCase ? FUZZY.IGNORE_CASE : 0) |
            (condition.ignoreNonSpace ? FUZZY.IGNORE_NON_SPACE : 0) |
            (condition.loose ? FUZZY.LOOSE : 0),
          ulPropTag,
          lpProp: condition.property,
        },
      };
    case 'property': {
      const { relation, property } = condition;
      const ulType = relation === 'regularExpression' ? REGULAR_EXPRESSION : RELATIONS.indexOf(relation);
      return { ulType: RES.PROPERTY, lpProp: { ulType, ulPropTag, lpProp: property } };
    }
    case 'compareProperties': {
      const ulType = RELATIONS.indexOf(condition.relation);
      return { ulType: RES.COMPARE, lpCompare: { ulType, ulPropTag1: condition.left, ulPropTag2: condition.right } };
    }
    case 'bitmask': {
      const ulType = condition.bits === 'zero' ? BITS_ZERO : BITS_NOT_ZERO;
      return { ulType: RES.BITMASK, lpBitmask: { ulType, ulPropTag, ulMask: condition.mask } };
    }
    case 'size': {
      const ulType = RELATIONS.indexOf(condition.relation);
      return { ulType: RES.SIZE, lpSize: { ulType, ulPropTag, cb: condition.size } };
    }
    case 'exist':
      return { ulType: RES.EXIST, lpExist: { ulPropTag } };
  }
}
