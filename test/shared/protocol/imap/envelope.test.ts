import { describe, expect, it } from 'vitest';
import { parseHeaderFields } from '../../../../shared/mime/header-fields.ts';
import { encodeEnvelope } from '../../../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';

const envelopeOf = (header: string) => encodeEnvelope(parseHeaderFields(Buffer.from(header, 'latin1')));

/** The list of To in an envelope that has nothing else. */
function to(value: string): string | undefined {
  return /^\(NIL NIL NIL NIL NIL (.*) NIL NIL NIL NIL\)$/.exec(envelopeOf(`To: ${value}\r\n`))?.[1];
}

describe('ENVELOPE', () => {
  it('has ten fields, Sender and Reply-To being From where they are empty (RFC 3501 §7.4.2)', () => {
    expect(
      envelopeOf(
        'Date: d\r\nSubject: "s"\r\nFrom: A <a@x.test>\r\nSender:\r\nTo: b@x.test\r\nMessage-ID: <1@x.test>\r\n',
      ),
    ).toBe(
      '("d" "\\"s\\"" (("A" NIL "a" "x.test")) (("A" NIL "a" "x.test")) (("A" NIL "a" "x.test")) ((NIL NIL "b" "x.test")) NIL NIL NIL "<1@x.test>")',
    );
  });

  it.each([
    ['<@one.test,@two.test:a@x.test>', '((NIL "@one.test,@two.test" "a" "x.test"))'],
    ['A <@one.test:a@x.test>', '(("A" "@one.test" "a" "x.test"))'],
    ['a@x.test (A (the) B)', '(("A (the) B" NIL "a" "x.test"))'],
    ['A (the) B <a(x)@x.test(y)>', '(("A B" NIL "a" "x.test"))'],
    ['a@x.test b@x.test', '((NIL NIL "a" "x.test")(NIL NIL "b" "x.test"))'],
    ['A <a@x.test> B <b@x.test>', '(("A" NIL "a" "x.test")("B" NIL "b" "x.test"))'],
    [
      'us: a@x.test b@x.test; c@x.test',
      '((NIL NIL "us" NIL)(NIL NIL "a" "x.test")(NIL NIL "b" "x.test")(NIL NIL NIL NIL)(NIL NIL "c" "x.test"))',
    ],
    ['undisclosed-recipients:;', '((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))'],
  ])('shows %s with all that it has', (value, expected) => {
    expect(to(value)).toBe(expected);
  });

  // A host that is NIL would make a group of it (RFC 3501 §7.4.2).
  it.each([
    ['root', '((NIL NIL "root" ""))'],
    ['John Doe', '(("John Doe" NIL "" ""))'],
    ['John <>', '(("John" NIL "" ""))'],
    ['@x.test', '((NIL NIL "" "x.test"))'],
    ['<a b@x test>', '((NIL NIL "a b" "x test"))'],
    ['<a@x@x.test>', '((NIL NIL "a@x" "x.test"))'],
  ])('has of a broken %s what the header has', (value, expected) => {
    expect(to(value)).toBe(expected);
  });

  it('can be read again, routes and empty hosts too', () => {
    const wire = envelopeOf(
      'From: A <@one.test:a@x.test>, root\r\nTo: us: b@x.test c@x.test;\r\nMessage-ID: <1@x>\r\n',
    );
    expect(readEnvelope(Buffer.from(wire, 'latin1'))).toMatchObject({
      from: [
        { name: 'A', mailbox: 'a', host: 'x.test' },
        { name: undefined, mailbox: 'root', host: '' },
      ],
      messageId: '<1@x>',
    });
  });
});
