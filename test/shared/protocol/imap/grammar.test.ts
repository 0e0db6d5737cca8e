import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidesAddresses, plainAddresses } from '../../../../shared/protocol/imap/address-text.ts';
import { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { encodeDateTime, parseDateTime } from '../../../../shared/protocol/imap/date-time.ts';
import { parseFetchItems } from '../../../../shared/protocol/imap/fetch-items.ts';
import { encodeFlags, parseFlagList } from '../../../../shared/protocol/imap/flag-names.ts';
import { parseIdFields } from '../../../../shared/protocol/imap/id-fields.ts';
import { decodeMailboxName, encodeMailboxName, listPattern } from '../../../../shared/protocol/imap/mailbox-name.ts';
import { parseSearch } from '../../../../shared/protocol/imap/search-keys.ts';
import { parseSequenceSet, selectNumbers, selectUids } from '../../../../shared/protocol/imap/sequence-set.ts';
import { bytesWithoutNul, encodeSequenceSet, encodeString } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';

const args = (...pieces: (string | Buffer)[]) => new Arguments(pieces);

describe('arguments', () => {
  it('strings come as atoms, quoted, or as literals', () => {
    const reader = args('INBOX "a \\"b\\"" ', Buffer.from('lit\r\neral'), ' x');
    expect(
      [
        reader.astring(),
        reader.space(),
        reader.astring(),
        reader.space(),
        reader.astring(),
        reader.space(),
        reader.astring(),
      ].filter(Boolean),
    ).toEqual(['INBOX', 'a "b"', 'lit\r\neral', 'x']);
    reader.end();
  });

  it('any string survives being encoded and read again', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 2000 }),
        (text) => {
          const encoded = encodeString(text);
          const literal = /^\{(\d+)\}\r\n/.exec(encoded);
          const reader = literal
            ? args('', Buffer.from(encoded.slice(literal[0].length), 'latin1'), '')
            : args(encoded);
          expect(reader.astring()).toBe(text);
        },
      ),
    );
  });
});

describe('a NUL (RFC 3501 §9)', () => {
  it('is never sent in a string, and read only in a literal8', () => {
    expect(encodeString('a\0b')).toBe('{3}\r\na\x80b');
    expect(bytesWithoutNul(Buffer.from('a\0b'))).toEqual(Buffer.from('a\x80b', 'latin1'));
    for (const pieces of [['"a\0b"'], ['"a\\\0b"'], ['', Buffer.from('a\0b'), '']])
      expect(() => args(...pieces).astring()).toThrow(ImapSyntaxError);
    expect(args('', Buffer.from('a\0b'), '').nstring8()).toBe('a\0b');
  });

  it('is no more than a CR in a quoted string', () => {
    expect(() => args('"a\rb"').astring()).toThrow(ImapSyntaxError);
    expect(args('', Buffer.from('a\r\nb'), '').astring()).toBe('a\r\nb');
  });
});

describe('the parameters of a client’s ID command (RFC 2971 §3.3)', () => {
  const fields = (count: number, name: number, value: number) =>
    `(${Array.from({ length: count }, (_, i) => `"${String(i).padStart(name, 'n')}" "${'v'.repeat(value)}"`).join(' ')})`;

  it('is NIL, or up to 30 pairs with names of 30 octets and values of 1024', () => {
    expect(parseIdFields(args('NIL')).size).toBe(0);
    expect(parseIdFields(args('()')).size).toBe(0);
    expect(parseIdFields(args('("Name" "x" "os" NIL)'))).toEqual(
      new Map([
        ['name', 'x'],
        ['os', undefined],
      ]),
    );
    expect(parseIdFields(args(fields(30, 30, 1024))).size).toBe(30);
  });

  it.each([
    ['31 pairs', fields(31, 5, 5)],
    ['a name of 31 octets', fields(1, 31, 5)],
    ['a value of 1025 octets', fields(1, 5, 1025)],
    ['a name without a value', '("name")'],
    ['NIL for a name', '(NIL "x")'],
    ['a string', '"name"'],
  ])('is not %s', (_, text) => {
    expect(() => parseIdFields(args(text))).toThrow(ImapSyntaxError);
  });
});

describe('addresses as SEARCH looks for them (RFC 3501 §6.4.4)', () => {
  it.each([
    ['joe(the boss)@(of) example.org', 'joe@example.org'],
    ['"Ann \\"A\\" B" <ann @ example.org>', 'Ann "A" B <ann@example.org>'],
    ['Friends: a@x.test, b (B)@x.test;', 'a@x.test, b@x.test'],
  ])('of %s', (value, text) => {
    expect(hidesAddresses(value)).toBe(true);
    for (const address of text.split(', ')) expect(plainAddresses(value)).toContain(address);
  });
});

describe('sequence sets', () => {
  const uids = [2, 4, 5, 9];

  it.each([
    ['4:5', [4, 5]],
    ['*', [9]],
    ['100:*', [9]],
    ['1:3,9,2', [2, 9]],
    ['5:4', [4, 5]],
  ])('UIDs %s', (set, expected) => {
    expect(selectUids(parseSequenceSet(set), uids)).toEqual(expected);
  });

  it('numbers count messages; one beyond the last is wrong', () => {
    expect(selectNumbers(parseSequenceSet('2:*'), uids)).toEqual([4, 5, 9]);
    expect(() => selectNumbers(parseSequenceSet('5'), uids)).toThrow(ImapSyntaxError);
    expect(() => selectNumbers(parseSequenceSet('1'), [])).toThrow(ImapSyntaxError);
  });

  it.each(['0', '', 'a', '1::2', '1,', '99999999999'])('%j is none', (text) => {
    expect(() => parseSequenceSet(text)).toThrow(ImapSyntaxError);
  });

  it('a list of numbers survives being encoded', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (numbers) => {
        const sorted = numbers.sort((a, b) => a - b);
        expect(selectUids(parseSequenceSet(encodeSequenceSet(sorted)), sorted)).toEqual(sorted);
      }),
    );
  });
});

describe('mailbox names', () => {
  it.each([
    ['Gelöschte Elemente', 'Gel&APY-schte Elemente'],
    ['A&B', 'A&-B'],
    ['台北', '&U,BTFw-'],
    ['😀', '&2D3eAA-'],
  ])('%s is %s', (name, encoded) => {
    expect(encodeMailboxName(name)).toBe(encoded);
    expect(decodeMailboxName(encoded)).toBe(name);
  });

  it('any name survives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(decodeMailboxName(encodeMailboxName(name))).toBe(name);
      }),
    );
  });

  it('a name that is not well encoded is refused', () => {
    expect(decodeMailboxName('&AB')).toBeUndefined();
    expect(decodeMailboxName('\xff')).toBeUndefined();
  });

  it('patterns: % stops at the delimiter, * does not, INBOX has no case', () => {
    expect(listPattern('%')('a/b')).toBe(false);
    expect(listPattern('*')('a/b')).toBe(true);
    expect(listPattern('a/%')('a/b')).toBe(true);
    expect(listPattern('inbox')('INBOX')).toBe(true);
    expect(listPattern('a.c')('abc')).toBe(false);
    // Many wildcards must not take long.
    listPattern('*a'.repeat(500))('a'.repeat(300));
  });
});

describe('fetch items', () => {
  it('a macro, one item, and a list with sections and a partial', () => {
    expect(parseFetchItems(args('FAST')).map((item) => item.name)).toEqual(['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']);
    expect(parseFetchItems(args('BODYSTRUCTURE'))).toEqual([{ name: 'BODYSTRUCTURE' }]);
    expect(
      parseFetchItems(args('(UID BODY.PEEK[1.2.MIME]<0.100> BODY[HEADER.FIELDS (Subject "X-Y")] RFC822.HEADER)')),
    ).toEqual([
      { name: 'UID' },
      {
        name: 'BODY[]',
        section: { path: [1, 2], what: 'mime', fields: [] },
        peek: true,
        partial: { start: 0, length: 100 },
        label: 'BODY[1.2.MIME]<0>',
      },
      {
        name: 'BODY[]',
        section: { path: [], what: 'fields', fields: ['subject', 'x-y'] },
        peek: false,
        partial: undefined,
        label: 'BODY[HEADER.FIELDS (Subject X-Y)]',
      },
      {
        name: 'BODY[]',
        section: { path: [], what: 'header', fields: [] },
        peek: true,
        partial: undefined,
        label: 'RFC822.HEADER',
      },
    ]);
  });

  it.each(['', 'NONSENSE', 'BODY[', 'BODY[MIME]', 'BODY.PEEK', 'BODY[]<0.0>', '(FLAGS', 'BODY[HEADER.FIELDS ()]'])(
    '%j is none',
    (text) => {
      expect(() => {
        const reader = args(text);
        parseFetchItems(reader);
        reader.end();
      }).toThrow(ImapSyntaxError);
    },
  );
});

describe('flags, dates, searches', () => {
  it('flags', () => {
    const list = parseFlagList(args('(\\Seen \\flagged $Label1 \\Recent)'));
    expect(list).toEqual({ flags: 5, keywords: ['$Label1'] });
    expect(encodeFlags(list.flags, list.keywords)).toBe('(\\Seen \\Flagged $Label1)');
    expect(() => parseFlagList(args('(\\Nonsense)'))).toThrow(ImapSyntaxError);
  });

  it('a date and time survives', () => {
    const ms = Date.UTC(2026, 10, 21, 8, 30, 1);
    expect(encodeDateTime(ms)).toBe('"21-Nov-2026 08:30:01 +0000"');
    expect(parseDateTime(' 1-Nov-2026 08:30:01 +0130')).toBe(Date.UTC(2026, 10, 1, 7, 0, 1));
  });

  it('searches', () => {
    expect(parseSearch(args('CHARSET UTF-8 UNSEEN (OR FROM "x" NOT LARGER 10) 1:3')).key).toEqual({
      key: 'and',
      of: [
        { key: 'flag', flag: 'SEEN', set: false },
        {
          key: 'or',
          of: [
            { key: 'header', field: 'from', text: 'x' },
            { key: 'not', of: { key: 'size', compare: 'larger', size: 10 } },
          ],
        },
        { key: 'sequence', set: [{ from: 1, to: 3 }] },
      ],
    });
    expect(() => parseSearch(args(`${'('.repeat(200)}ALL`))).toThrow(ImapSyntaxError);
    expect(() => parseSearch(args('FOO'))).toThrow(ImapSyntaxError);
  });
});
