import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAddressBookId,
  decodeEntryId,
  decodeOneOff,
  encodeAddressBookId,
  encodeEntryId,
  encodeOneOff,
  isAddressBookId,
} from '../../../shared/mapi/entry-id.ts';

const guid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes));

describe('entry ids', () => {
  it('of objects are read as they were written', () => {
    fc.assert(
      fc.property(guid, guid, fc.constantFrom(1, 3, 5), (store, object, type) => {
        const id = { store, type, guid: object };
        expect(decodeEntryId(encodeEntryId(id))).toEqual(id);
      }),
    );
  });

  it('of people are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(), guid, (id, external) => {
        const bytes = encodeAddressBookId({ type: 6, id, external });
        expect(isAddressBookId(bytes)).toBe(true);
        expect(decodeAddressBookId(bytes)).toMatchObject({ type: 6, id });
      }),
    );
  });

  it('of recipients outside the address book contain name and address', () => {
    fc.assert(
      fc.property(
        fc.string().filter((name) => !name.includes('\0')),
        (name) => {
          expect(decodeOneOff(encodeOneOff(name, 'SMTP', 'a@b.test'))).toEqual({
            name,
            addressType: 'SMTP',
            address: 'a@b.test',
          });
        },
      ),
    );
  });

  it('that are malformed are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const decode of [decodeEntryId, decodeAddressBookId])
          try {
            decode(Buffer.from(bytes));
          } catch (error) {
            expect(String(error)).toMatch(/^PamojaError/);
          }
      }),
    );
  });
});
