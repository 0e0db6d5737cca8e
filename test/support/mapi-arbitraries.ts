import fc from 'fast-check';
import type { PlainProperty } from '../../shared/mapi/plain-value.ts';
import { type PropertyTag, PT } from '../../shared/mapi/property-tags.ts';
import type { Relation, Restriction } from '../../shared/mapi/restriction.ts';
import type { RuleAction } from '../../shared/mapi/rule-action.ts';

const tagOf = (type: number): fc.Arbitrary<PropertyTag> =>
  fc.integer({ min: 1, max: 0xfffe }).map((id) => ((id << 16) | type) >>> 0);

const bytes = fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array));
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', '漢', '<', '&', ' '), maxLength: 12 });

const propertyWith = (type: number, value: fc.Arbitrary<PlainProperty['value']>): fc.Arbitrary<PlainProperty> =>
  fc.record({ tag: tagOf(type), value });

/** Properties whose values have no structure. */
export const plainProperty: fc.Arbitrary<PlainProperty> = fc.oneof(
  propertyWith(PT.UNICODE, text),
  propertyWith(PT.BOOLEAN, fc.boolean()),
  propertyWith(PT.BINARY, bytes),
  propertyWith(PT.SYSTIME, fc.bigInt({ min: 0n, max: (1n << 62n) - 1n })),
  propertyWith(PT.MV_UNICODE, fc.array(text, { maxLength: 3 })),
  propertyWith(PT.MV_BINARY, fc.array(bytes, { maxLength: 3 })),
  propertyWith(PT.MV_SHORT, fc.array(fc.integer({ min: -0x8000, max: 0x7fff }), { maxLength: 3 })),
);

const relation = fc.constantFrom<Relation>('less', 'lessOrEqual', 'greater', 'greaterOrEqual', 'equal', 'notEqual');
const anyTag = tagOf(PT.UNICODE);

const { tree } = fc.letrec<{ tree: Restriction }>((tie) => {
  const conditions = fc.array(tie('tree'), { maxLength: 3 });
  const properties = fc.array(plainProperty, { maxLength: 2 });
  return {
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ type: fc.constant('exist' as const), tag: anyTag }),
      fc.record({
        type: fc.constant('content' as const),
        tag: anyTag,
        property: plainProperty,
        match: fc.constantFrom('whole' as const, 'substring' as const, 'prefix' as const),
        ignoreCase: fc.boolean(),
        ignoreNonSpace: fc.boolean(),
        loose: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('property' as const),
        relation: fc.oneof(relation, fc.constant('regularExpression' as const)),
        tag: anyTag,
        property: plainProperty,
      }),
      fc.record({ type: fc.constant('compareProperties' as const), relation, left: anyTag, right: anyTag }),
      fc.record({
        type: fc.constant('bitmask' as const),
        bits: fc.constantFrom('zero' as const, 'notZero' as const),
        tag: anyTag,
        mask: u32,
      }),
      fc.record({ type: fc.constant('size' as const), relation, tag: anyTag, size: u32 }),
      fc.record({ type: fc.constantFrom('and' as const, 'or' as const), conditions }),
      fc.record({ type: fc.constant('not' as const), condition: tie('tree') }),
      fc.record({ type: fc.constant('subObject' as const), tag: anyTag, condition: tie('tree') }),
      fc.record(
        { type: fc.constant('comment' as const), condition: tie('tree'), properties },
        { requiredKeys: ['type', 'properties'] },
      ),
    ),
  };
});

/** Restrictions of every type, within each other. */
export const restriction: fc.Arbitrary<Restriction> = tree;

const recipients = fc.array(fc.array(plainProperty, { maxLength: 3 }), { maxLength: 3 });

/** Rule actions of every type. */
export const ruleAction: fc.Arbitrary<RuleAction> = fc.oneof(
  fc.record({
    type: fc.constantFrom('move' as const, 'copy' as const),
    flags: u32,
    store: bytes,
    folder: bytes,
  }),
  fc.record({
    type: fc.constantFrom('reply' as const, 'oofReply' as const),
    flags: u32,
    template: bytes,
    templateGuid: bytes,
    notToSender: fc.boolean(),
    stockText: fc.boolean(),
  }),
  fc.record({ type: fc.constant('defer' as const), flags: u32, data: bytes }),
  fc.record({ type: fc.constant('bounce' as const), flags: u32, code: fc.constantFrom(0x0d, 0x1f, 0x26) }),
  fc.record({
    type: fc.constant('forward' as const),
    flags: u32,
    recipients,
    preserveSender: fc.boolean(),
    keepUnchanged: fc.boolean(),
    asAttachment: fc.boolean(),
    asTextMessage: fc.boolean(),
  }),
  fc.record({ type: fc.constant('delegate' as const), flags: u32, recipients }),
  fc.record({ type: fc.constant('tag' as const), flags: u32, property: plainProperty }),
  fc.record({ type: fc.constantFrom('delete' as const, 'markAsRead' as const), flags: u32 }),
);
