import { describe, expect, it } from 'vitest';
import { mailboxesOf, parseAddressList } from '../../../shared/mime/address-list.ts';
import { parseMailDate } from '../../../shared/mime/date.ts';
import { decodeHeaderText } from '../../../shared/mime/encoded-words.ts';
import { parameter, parameterText, parseStructuredField } from '../../../shared/mime/structured-field.ts';

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

  it('a malformed date is undefined', () => {
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

  // RFC 2231 §3 and §4.1
  it.each([
    ['name*0=abc; name*1="d e"', [['name', 'abcd e']]],
    [
      'name*1=def; x=y; name*0=abc',
      [
        ['name', 'abcdef'],
        ['x', 'y'],
      ],
    ],
    ['NAME*0=a; Name*1=b', [['name', 'ab']]],
    [
      Array.from({ length: 12 }, (_, i) => `name*${i}=${i}`)
        .reverse()
        .join(';'),
      [['name', '01234567891011']],
    ],
    ['name*0=a; name*2=c', [['name', 'ac']]],
    ['name*0=a; name*0=b; name*1=c', [['name', 'ac']]],
    ["name*0*=utf-8'en'a%C3%A9; name*1*=%20b; name*2=\"c% d'\"", [['name*', "utf-8'en'a%C3%A9%20bc%25%20d%27"]]],
    ['name*0="a b"; name*1*=%20c', [['name*', "''a%20b%20c"]]],
    ["name*=utf-8''a", [['name*', "utf-8''a"]]],
    [
      "name=a; name*=utf-8''b",
      [
        ['name', 'a'],
        ['name*', "utf-8''b"],
      ],
    ],
    ['name=a; name*0=b; name*1=c', [['name', 'bc']]],
    [
      'name*x=a; *0=b; name*0**=c; name*12345678901=d',
      [
        ['name*x', 'a'],
        ['*0', 'b'],
        ['name*0**', 'c'],
        ['name*12345678901', 'd'],
      ],
    ],
  ])('one parameter in pieces is one: %s', (text, params) => {
    expect(parseStructuredField(`x/y; ${text}`).params).toEqual(params);
  });

  it.each([
    ['name*0*=utf-8\'de\'%C3%9C; name*1="50% "; name*2*=%C3%BC', 'Ü50% ü'],
    ["name*=iso-8859-1''caf%E9", 'café'],
    ["name*=''caf%C3%A9", 'café'],
    ['name*=plain%20text', 'plain text'],
    ["name=short; name*=utf-8''long%20name", 'long name'],
    ['name="=?utf-8?q?caf=C3=A9?="', 'café'],
    ['name=plain', 'plain'],
    ['other=x', undefined],
  ])('its text is decoded: %s', (text, expected) => {
    expect(parameterText(parseStructuredField(`x/y; ${text}`), 'name')).toBe(expected);
  });

  it('values that programs interpret are found in every form', () => {
    for (const text of ['charset=utf-8', 'charset*0=utf; charset*1=-8', "charset*=us-ascii'en'utf-8"])
      expect(parameter(parseStructuredField(`text/plain; ${text}`), 'charset')).toBe('utf-8');
  });
});
