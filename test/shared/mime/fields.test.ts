import { describe, expect, it } from 'vitest';
import { mailboxesOf, parseAddressList } from '../../../shared/mime/address-list.ts';
import { parseMailDate } from '../../../shared/mime/date.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { parseStructuredField } from '../../../shared/mime/structured-field.ts';

describe('address lists', () => {
  it.each([
    ['a@b', [{ name: undefined, local: 'a', domain: 'b' }]],
    ['"Doe, John" <john@x.test>', [{ name: 'Doe, John', local: 'john', domain: 'x.test' }]],
    ['john@x.test (John Doe)', [{ name: 'John Doe', local: 'john', domain: 'x.test' }]],
    ['<@hop1,@hop2:john@x.test>', [{ name: undefined, route: '@hop1,@hop2', local: 'john', domain: 'x.test' }]],
    ['J <@hop1, @hop2 : john@x.test>', [{ name: 'J', route: '@hop1,@hop2', local: 'john', domain: 'x.test' }]],
    ['John Q. Public <john . q@x . test>', [{ name: 'John Q. Public', local: 'john.q', domain: 'x.test' }]],
    [
      'a@b,, c@d,',
      [
        { name: undefined, local: 'a', domain: 'b' },
        { name: undefined, local: 'c', domain: 'd' },
      ],
    ],
    ['"odd\\"name" <"a b"@[127.0.0.1]>', [{ name: 'odd"name', local: 'a b', domain: '[127.0.0.1]' }]],
    ['nobody', [{ name: undefined, local: 'nobody', domain: '' }]],
    ['', []],
  ])('%s', (text, expected) => {
    expect(parseAddressList(text)).toEqual(expected);
  });

  it('a group has its members, and may be empty', () => {
    expect(parseAddressList('Team: a@b, C <c@d>; , undisclosed-recipients:;')).toEqual([
      {
        group: 'Team',
        members: [
          { name: undefined, local: 'a', domain: 'b' },
          { name: 'C', local: 'c', domain: 'd' },
        ],
      },
      { group: 'undisclosed-recipients', members: [] },
    ]);
    expect(mailboxesOf(parseAddressList('Team: a@b;'))).toHaveLength(1);
  });

  it.each([
    ['(before) john@x.test', [{ name: 'before', local: 'john', domain: 'x.test' }]],
    ['john@x.test (one) (two)', [{ name: 'two', local: 'john', domain: 'x.test' }]],
    ['john@x.test ( John \t (the) Doe )', [{ name: 'John (the) Doe', local: 'john', domain: 'x.test' }]],
    ['John (the) Doe <john@x.test> (after)', [{ name: 'John Doe', local: 'john', domain: 'x.test' }]],
    ['john (a) @ (b) x.test', [{ name: 'a', local: 'john', domain: 'x.test' }]],
    ['<john(a)@(b)x.test(c)>', [{ name: undefined, local: 'john', domain: 'x.test' }]],
    ['john@x.test ()', [{ name: undefined, local: 'john', domain: 'x.test' }]],
  ])('comments are the names of addresses that have none: %s', (text, expected) => {
    expect(parseAddressList(text)).toEqual(expected);
  });

  it.each([
    'a@b c@d',
    'a@b<c@d>',
    '<a@b> <c@d>',
    '<a@b><c@d>',
    'a@b; c@d',
    'a@b (',
    '<a@b, c@d>',
    '<a@b <c@d>',
    'a@b,, c@d',
  ])('two addresses stay two where their comma is missing or spoiled: %s', (text) => {
    const found = mailboxesOf(parseAddressList(text)).map(({ local, domain }) => `${local}@${domain}`);
    expect(found).toEqual(text.includes('c@d') ? ['a@b', 'c@d'] : ['a@b']);
  });

  it('names stay with their addresses where a comma is missing', () => {
    expect(parseAddressList('A <a@b> "B" <c@d> e@f (E)')).toEqual([
      { name: 'A', local: 'a', domain: 'b' },
      { name: 'B', local: 'c', domain: 'd' },
      { name: 'E', local: 'e', domain: 'f' },
    ]);
    expect(parseAddressList('Team: a@b; c@d')).toEqual([
      { group: 'Team', members: [{ name: undefined, local: 'a', domain: 'b' }] },
      { name: undefined, local: 'c', domain: 'd' },
    ]);
  });

  it.each([
    ['John Doe', 'John Doe', '', ''],
    ['John Doe john@x.test', 'John Doe', 'john', 'x.test'],
    ['John Doe john@x.test>', 'John Doe', 'john', 'x.test'],
    ['John Doe <john@x.test', 'John Doe', 'john', 'x.test'],
    ['John Doe <<john@x.test>>', 'John Doe', 'john', 'x.test'],
    ['John Doe <>', 'John Doe', '', ''],
    ['[list] John <john@x.test>', '[list] John', 'john', 'x.test'],
    ['"John <john@x.test>', '"John', 'john', 'x.test'],
    ['John (Doe <john@x.test>', 'John Doe', 'john', 'x.test'],
    ['john@x.test <john@x.test>', 'john@x.test', 'john', 'x.test'],
    ['<mailto:john@x.test>', undefined, 'mailto:john', 'x.test'],
    ['<john@x.test@y.test>', undefined, 'john@x.test', 'y.test'],
    ['john@x.test@y.test', undefined, 'john@x.test', 'y.test'],
    ['<john doe@x test>', undefined, 'john doe', 'x test'],
    ['<john>', undefined, 'john', ''],
    ['john@', undefined, 'john', ''],
    ['@x.test', undefined, '', 'x.test'],
    ['a."b c".d@x.test', undefined, 'a.b c.d', 'x.test'],
    ['a@[IPv6:::1]', undefined, 'a', '[IPv6:::1]'],
  ])('a broken address has what the header has: %s', (text, name, local, domain) => {
    expect(parseAddressList(text)).toEqual([{ name, local, domain }]);
  });

  it('ends for any garbage', () => {
    for (const text of ['<<<>>>', '(((', '"', ';;;:::', '@@@', 'a:b:c:;', '<a@b', 'x(y', '\\'])
      parseAddressList(text.repeat(50));
  });
});

describe('encoded words', () => {
  it.each([
    ['=?utf-8?q?caf=C3=A9?=', 'café'],
    ['=?iso-8859-1?Q?a?= =?iso-8859-1?Q?b?=', 'ab'],
    ['=?utf-8?B?w6k=?= plain', 'é plain'],
    ['=?utf-8?B?w6?= =?utf-8?B?qQ==?=', 'é'],
    ['=?windows-1251?B?z/Do4uXy?=', 'Привет'],
    ['no words', 'no words'],
    ['caf\xc3\xa9', 'café'],
    ['caf\xe9', 'café'],
    ['=?broken', '=?broken'],
  ])('%s', (text, expected) => {
    expect(decodeHeaderText(text)).toBe(expected);
  });
});

describe('dates', () => {
  it.each([
    ['Wed, 17 May 2000 19:35:05 -0400', '2000-05-17T23:35:05Z'],
    ['17 May 2000 19:35 GMT', '2000-05-17T19:35:00Z'],
    ['Mon, 1 Jan 98 00:00:00 EST (comment)', '1998-01-01T05:00:00Z'],
    ['1-Feb-2024 10:00:00 +0530', '2024-02-01T04:30:00Z'],
  ])('%s', (text, expected) => {
    expect(new Date(parseMailDate(text) ?? 0).toISOString()).toBe(expected.replace('Z', '.000Z'));
  });

  it('what is no date is undefined', () => {
    expect(parseMailDate('yesterday')).toBeUndefined();
    expect(parseMailDate('12 Foo 2000')).toBeUndefined();
  });
});

describe('structured fields', () => {
  it.each([
    [
      'text/plain; charset="us-ascii"; format=flowed',
      {
        value: 'text/plain',
        params: [
          ['charset', 'us-ascii'],
          ['format', 'flowed'],
        ],
      },
    ],
    ['TEXT/HTML ;; charset = utf-8 ;', { value: 'text/html', params: [['charset', 'utf-8']] }],
    ['multipart/mixed (c) ; boundary="a\\"b;c"', { value: 'multipart/mixed', params: [['boundary', 'a"b;c']] }],
    ['attachment; filename=my report.pdf', { value: 'attachment', params: [['filename', 'my report.pdf']] }],
  ])('%s', (text, expected) => {
    expect(parseStructuredField(text)).toEqual(expected);
  });
});
