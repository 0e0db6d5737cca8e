import { describe, expect, it } from 'vitest';
import type { PlainValue } from '../../../shared/mapi/plain-value.ts';
import type { PropertyValue } from '../../../shared/mapi/property.ts';
import type { ContentRestriction, PropertyRestriction, Restriction } from '../../../shared/mapi/restriction.ts';
import { matches, type Restrictable, testOf } from '../../../shared/mapi/restriction-matcher.ts';

const SUBJECT = 0x0037001f;
const SIZE = 0x0e080003;
const FLAGS = 0x0e070003;
const KEYWORDS = 0x8501101f;
const RECIPIENTS = 0x0e12000d;
const NAME = 0x3001001f;

const object = (values: Record<number, PropertyValue>, below: readonly Restrictable[] = []): Restrictable => ({
  get: (tag) => values[tag],
  below: () => below,
});

const message = object({ [SUBJECT]: 'Quarterly Report', [SIZE]: 2000, [FLAGS]: 0b101, [KEYWORDS]: ['red', 'blue'] }, [
  object({ [NAME]: 'Ann' }),
  object({ [NAME]: 'Ben' }),
]);

const content = (value: string, how: Partial<ContentRestriction>): Restriction => ({
  type: 'content',
  tag: SUBJECT,
  property: { tag: SUBJECT, value },
  match: 'substring',
  ignoreCase: false,
  ignoreNonSpace: false,
  loose: false,
  ...how,
});
const property = (tag: number, relation: PropertyRestriction['relation'], value: PlainValue): Restriction => ({
  type: 'property',
  relation,
  tag,
  property: { tag, value },
});
const not = (condition: Restriction): Restriction => ({ type: 'not', condition });
const recipient = (condition: Restriction): Restriction => ({ type: 'subObject', tag: RECIPIENTS, condition });

describe('a restriction', () => {
  it.each<[string, Restriction, boolean]>([
    ['all of nothing', { type: 'and', conditions: [] }, true],
    ['any of nothing', { type: 'or', conditions: [] }, false],
    ['part of a text, whatever its case', content('REPORT', { ignoreCase: true }), true],
    ['part of a text, in its case', content('REPORT', {}), false],
    ['begin of a text', content('Quarter', { match: 'prefix' }), true],
    ['not its begin', content('Report', { match: 'prefix' }), false],
    ['the whole text', content('Quarterly Report', { match: 'whole' }), true],
    ['larger', property(SIZE, 'greater', 1999), true],
    ['not larger', property(SIZE, 'greater', 2000), false],
    ['equal', property(SIZE, 'equal', 2000), true],
    ['not that it is not there', not({ type: 'exist', tag: 0x10000013 }), true],
    ['bits', { type: 'bitmask', bits: 'notZero', tag: FLAGS, mask: 4 }, true],
    ['no bits', { type: 'bitmask', bits: 'zero', tag: FLAGS, mask: 4 }, false],
    ['a size in bytes', { type: 'size', relation: 'equal', tag: SUBJECT, size: 16 }, true],
    ['two properties', { type: 'compareProperties', relation: 'less', left: FLAGS, right: SIZE }, true],
    ['a comment alone', { type: 'comment', properties: [] }, true],
    ['what a comment holds', { type: 'comment', properties: [], condition: property(SIZE, 'less', 1) }, false],
    ['a recipient', recipient(property(NAME, 'equal', 'Ben')), true],
    ['no recipient', recipient(property(NAME, 'equal', 'Cid')), false],
  ])('%s', (_, restriction, expected) => {
    expect(matches(restriction, message)).toBe(expected);
  });

  it('with many conditions reads each value once, however many ask for it', () => {
    let reads = 0;
    const counted: Restrictable = {
      get: () => {
        reads++;
        return 'Quarterly Report';
      },
    };
    const many = Array.from({ length: 900 }, (_, n) =>
      content(`no such text ${n}`, { ignoreCase: true, ignoreNonSpace: true, loose: true }),
    );
    expect(testOf({ type: 'or', conditions: many })(counted)).toBe(false);
    expect(reads).toBe(1);
  });

  it('with more conditions than any client asks for is refused', () => {
    const many = Array.from({ length: 5_000 }, () => content('x', {}));
    expect(() => testOf({ type: 'or', conditions: many })).toThrow('too many conditions');
    const spread = Array.from({ length: 50 }, () => ({ type: 'or' as const, conditions: many.slice(0, 100) }));
    expect(() => testOf({ type: 'and', conditions: spread })).toThrow('too many conditions');
  });

  it('nested without end is refused', () => {
    let deep = content('x', {});
    for (let i = 0; i < 100; i++) deep = not(deep);
    expect(() => matches(deep, message)).toThrow('nested');
  });
});
