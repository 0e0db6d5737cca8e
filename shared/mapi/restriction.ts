import type { PlainProperty } from './plain-value.ts';
import type { PropertyTag } from './property-tags.ts';

/** A condition on objects and rows (MS-OXCDATA §2.12). */
export type Restriction =
  | AndRestriction
  | OrRestriction
  | NotRestriction
  | ContentRestriction
  | PropertyRestriction
  | ComparePropertiesRestriction
  | BitmaskRestriction
  | SizeRestriction
  | ExistRestriction
  | SubObjectRestriction
  | CommentRestriction;

/** A comparison operator (MS-OXCDATA §2.12.5, RelOp). */
export type Relation = 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual' | 'equal' | 'notEqual';

/** All conditions hold (§2.12.1); without any, it holds. */
export interface AndRestriction {
  type: 'and';
  conditions: Restriction[];
}

/** One of the conditions holds (§2.12.2); without any, it does not hold. */
export interface OrRestriction {
  type: 'or';
  conditions: Restriction[];
}

/** The condition does not hold (§2.12.3). */
export interface NotRestriction {
  type: 'not';
  condition: Restriction;
}

/** A text or binary property contains a value (§2.12.4). */
export interface ContentRestriction {
  type: 'content';
  tag: PropertyTag;
  property: PlainProperty;
  match: 'whole' | 'substring' | 'prefix';
  ignoreCase: boolean;
  ignoreNonSpace: boolean;
  /** Ignores whatever the server can ignore: case and diacritics. */
  loose: boolean;
}

/** A property compares with a value (§2.12.5). */
export interface PropertyRestriction {
  type: 'property';
  relation: Relation | 'regularExpression';
  tag: PropertyTag;
  property: PlainProperty;
}

/** Two properties of the same object compare (§2.12.6). */
export interface ComparePropertiesRestriction {
  type: 'compareProperties';
  relation: Relation;
  left: PropertyTag;
  right: PropertyTag;
}

/** The bits under a mask are all zero, or not all zero (§2.12.7). */
export interface BitmaskRestriction {
  type: 'bitmask';
  bits: 'zero' | 'notZero';
  tag: PropertyTag;
  mask: number;
}

/** The size of a value in bytes compares with a number (§2.12.8). */
export interface SizeRestriction {
  type: 'size';
  relation: Relation;
  tag: PropertyTag;
  size: number;
}

/** A property exists (§2.12.9). */
export interface ExistRestriction {
  type: 'exist';
  tag: PropertyTag;
}

/** The condition holds for one of the recipients (PR_MESSAGE_RECIPIENTS) or attachments (PR_MESSAGE_ATTACHMENTS) of a message (§2.12.10). */
export interface SubObjectRestriction {
  type: 'subObject';
  tag: PropertyTag;
  condition: Restriction;
}

/** A condition with properties that do not affect its result (§2.12.11); without a condition, it holds. */
export interface CommentRestriction {
  type: 'comment';
  condition?: Restriction;
  properties: PlainProperty[];
}

/** The maximum nesting depth of a restriction, checked when it is read and when it is compiled. */
export const MAX_RESTRICTION_NESTING = 64;

/** Every property that a restriction looks at. */
export const restrictedTags = (restriction: Restriction | undefined): PropertyTag[] => [
  ...new Set(restriction ? tagsOf(restriction) : []),
];

function tagsOf(restriction: Restriction): PropertyTag[] {
  switch (restriction.type) {
    case 'and':
    case 'or':
      return restriction.conditions.flatMap(tagsOf);
    case 'not':
      return tagsOf(restriction.condition);
    case 'comment':
      return restriction.condition ? tagsOf(restriction.condition) : [];
    case 'compareProperties':
      return [restriction.left, restriction.right];
    default:
      return [restriction.tag];
  }
}
