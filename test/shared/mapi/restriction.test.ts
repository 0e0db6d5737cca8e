import { describe, expect, it } from 'vitest';
import type { PropertyValue } from '../../../shared/mapi/property-document.ts';
import { matches, RES, type Restrictable, testOf } from '../../../shared/mapi/restriction.ts';
import type { WireRestriction } from '../../../shared/protocol/soap/types.ts';

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

const content = (value: string, ulFuzzyLevel: number): WireRestriction =>
  ({
    ulType: RES.CONTENT,
    lpContent: { ulFuzzyLevel, ulPropTag: SUBJECT, lpProp: { tag: SUBJECT, value } },
  }) as WireRestriction;
const property = (tag: number, ulType: number, value: PropertyValue): WireRestriction =>
  ({ ulType: RES.PROPERTY, lpProp: { ulType, ulPropTag: tag, lpProp: { tag, value } } }) as WireRestriction;
const not = (lpNot: WireRestriction): WireRestriction => ({ ulType: RES.NOT, lpNot: { lpNot } }) as WireRestriction;

describe('a restriction', () => {
  it.each<[string, WireRestriction, boolean]>([
    ['all of nothing', { ulType: RES.AND, lpAnd: [] } as never, true],
    ['any of nothing', { ulType: RES.OR, lpOr: [] } as never, false],
    ['part of a text, whatever its case', content('REPORT', 0x10001), true],
    ['part of a text, in its case', content('REPORT', 1), false],
    ['begin of a text', content('Quarter', 2), true],
    ['not its begin', content('Report', 2), false],
    ['the whole text', content('Quarterly Report', 0), true],
    ['larger', property(SIZE, 2, 1999), true],
    ['not larger', property(SIZE, 2, 2000), false],
    ['equal', property(SIZE, 4, 2000), true],
    ['not that it is not there', not({ ulType: RES.EXIST, lpExist: { ulPropTag: 0x10000013 } } as never), true],
    ['bits', { ulType: RES.BITMASK, lpBitmask: { ulType: 1, ulPropTag: FLAGS, ulMask: 4 } } as never, true],
    ['no bits', { ulType: RES.BITMASK, lpBitmask: { ulType: 0, ulPropTag: FLAGS, ulMask: 4 } } as never, false],
    [
      'a recipient',
      {
        ulType: RES.SUB,
        lpSub: { ulSubObject: RECIPIENTS, lpSubObject: property(NAME, 4, 'Ben') },
      } as never,
      true,
    ],
    [
      'no recipient',
      {
        ulType: RES.SUB,
        lpSub: { ulSubObject: RECIPIENTS, lpSubObject: property(NAME, 4, 'Cid') },
      } as never,
      false,
    ],
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
    const many = Array.from({ length: 900 }, (_, n) => content(`no such text ${n}`, 0x70001));
    expect(testOf({ ulType: RES.OR, lpOr: many } as never)(counted)).toBe(false);
    expect(reads).toBe(1);
  });

  it('with more conditions than any client asks for is refused', () => {
    const many = Array.from({ length: 5_000 }, () => content('x', 1));
    expect(() => testOf({ ulType: RES.OR, lpOr: many } as never)).toThrow('too many conditions');
    const spread = Array.from({ length: 50 }, () => ({ ulType: RES.OR, lpOr: many.slice(0, 100) }) as never);
    expect(() => testOf({ ulType: RES.AND, lpAnd: spread } as never)).toThrow('too many conditions');
  });

  it('that cannot be understood is refused before any object is looked at', () => {
    const wrong = property(SIZE, 99, 1);
    expect(() => testOf({ ulType: RES.OR, lpOr: [content('Report', 1), wrong] } as never)).toThrow(
      'unknown comparison',
    );
  });

  it('nested without end is refused', () => {
    let deep = content('x', 1);
    for (let i = 0; i < 100; i++) deep = not(deep);
    expect(() => matches(deep, message)).toThrow('nested');
  });
});
