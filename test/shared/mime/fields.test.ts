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
    ['<@hop1,@hop2:john@x.test>', [{ name: undefined, local: 'john', domain: 'x.test' }]],
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
