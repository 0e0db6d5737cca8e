import { expect, it } from 'vitest';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { asUnicode, changeBag, tagIn, valueAs } from '../../../shared/mapi/property-bag.ts';
import { blobTag, decodePropertyDocument, encodePropertyDocument } from '../../../shared/mapi/property-document.ts';

const TEXT = 0x8512001f;
const BYTES = 0x85120102;
const both: PropertyBag = new Map<number, string | Buffer>([
  [TEXT, 'text'],
  [BYTES, Buffer.from('bytes')],
]);

it('properties of one id and two types stand beside each other, in a bag and in its document', () => {
  const bag = changeBag(new Map([[TEXT, 'text']]), new Map([[BYTES, Buffer.from('bytes')]]), []);
  expect(bag).toEqual(both);
  expect(decodePropertyDocument(encodePropertyDocument(bag))).toEqual(both);
  expect([valueAs(bag, TEXT), valueAs(bag, BYTES)]).toEqual(['text', Buffer.from('bytes')]);
});

it('so do two that are too large for the document', () => {
  const large = (type: number) => ({ blob: Buffer.alloc(32, type), size: 70_000, type, scope: 0 });
  const bag: PropertyBag = new Map([
    [blobTag(TEXT), large(0x1f)],
    [blobTag(BYTES), large(0x102)],
  ]);
  expect(bag.size).toBe(2);
  expect(decodePropertyDocument(encodePropertyDocument(bag))).toEqual(bag);
});

it('one type is removed alone, all of them where the type is open', () => {
  expect([...changeBag(both, new Map(), [BYTES]).keys()]).toEqual([TEXT]);
  for (const open of [0x85120000, 0x8512000a]) expect(changeBag(both, new Map(), [open]).size).toBe(0);
});

it('text is one property in both of its types', () => {
  expect(asUnicode(0x8512001e)).toBe(TEXT);
  expect(valueAs(both, 0x8512001e)).toBe('text');
  expect([...changeBag(both, new Map(), [0x8512001e]).keys()]).toEqual([BYTES]);
  expect(changeBag(new Map([[0x8512001e, 'old']]), new Map([[TEXT, 'new']]), [])).toEqual(new Map([[TEXT, 'new']]));
});

it('a small value takes the place of a large one of its type, and of no other', () => {
  const bag: PropertyBag = new Map([[blobTag(TEXT), { blob: Buffer.alloc(32), size: 70_000, type: 0x1f, scope: 0 }]]);
  expect(changeBag(bag, new Map([[TEXT, 'small']]), [])).toEqual(new Map([[TEXT, 'small']]));
  expect(changeBag(bag, new Map([[BYTES, Buffer.alloc(1)]]), []).size).toBe(2);
});

it('a request with PT_UNSPECIFIED finds the property of any type', () => {
  expect(tagIn(both, 0x85120000)).toBe(TEXT);
  expect(tagIn(both, 0x85130000)).toBeUndefined();
});
