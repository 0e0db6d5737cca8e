import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../shared/mime/message-source.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { authorsIn, checkOutgoing } from '../../../shared/submission/check-outgoing.ts';
import { openOutgoing, outgoingContent } from '../../../shared/submission/outgoing-content.ts';
import { contentOfSource } from '../../../shared/submission/submit-message.ts';

const OWN = new Set(['bert@acme.test', 'anna@acme.test']);

const contentOf = (text: string) => {
  const bytes = Buffer.from(text, 'latin1');
  return contentOfSource(bytesSource(bytes), scanMessage(bytes));
};

const check = (text: string, envelope = { sender: 'bert@acme.test', recipients: ['x@out.test'] }) =>
  checkOutgoing(envelope, { addresses: OWN }, contentOf(text), 64 * 1024);

const FOREIGN = [
  ['another From', 'From: admin@acme.test\r\n'],
  ['a Sender', 'From: bert@acme.test\r\nSender: admin@acme.test\r\n'],
  ['a Resent-From', 'From: bert@acme.test\r\nResent-From: admin@acme.test\r\n'],
  [
    'a second Resent-Sender',
    'From: bert@acme.test\r\nResent-Sender: bert@acme.test\r\nResent-Sender: admin@acme.test\r\n',
  ],
  ['a second address', 'From: bert@acme.test, admin@acme.test\r\n'],
  ['a member of a group', 'From: us: bert@acme.test, admin@acme.test;\r\n'],
  ['a folded field', 'From: bert@acme.test,\r\n\tadmin@acme.test\r\n'],
  ['a quoted local part', 'From: "admin"@acme.test\r\n'],
  ['a field name with a space', 'From : admin@acme.test\r\n'],
  ['a name in capitals', 'FROM: admin@acme.test\r\n'],
  ['a name that is an address', 'From: admin@acme.test <bert@acme.test>\r\n'],
  ['a second address without a comma', 'From: bert@acme.test admin@acme.test\r\n'],
  ['an address before its own after a name', 'From: Bert admin@acme.test <bert@acme.test>\r\n'],
  ['an address beyond ASCII', 'From: \xe4dmin@acme.test\r\n'],
  ['a field after a bare CR', 'From: bert@acme.test\r\nSubject: x\rSender: admin@acme.test\r\n'],
  ['a field after a bare LF', 'From: bert@acme.test\r\nSubject: x\nSender: admin@acme.test\r\n'],
] as const;

const UNREADABLE = [
  ['two From fields', 'From: bert@acme.test\r\nFrom: bert@acme.test\r\n'],
  ['a second From after a bare CR', 'From: bert@acme.test\r\nSubject: x\rFrom: admin@acme.test\r\n'],
  ['two Sender fields', 'From: bert@acme.test\r\nSender: bert@acme.test\r\nSender: bert@acme.test\r\n'],
  ['no From', 'Subject: x\r\n'],
  ['a From that only its bytes have, behind an empty line of bare CRs', 'Subject: x\r\rFrom: bert@acme.test\r\n'],
  ['an empty From', 'From:\r\n'],
  ['an empty group', 'From: nobody:;\r\n'],
  ['an empty path', 'From: <>\r\n'],
  ['a bare word', 'From: bert\r\n'],
  ['a word behind an address', 'From: bert@acme.test admin\r\n'],
  ['an encoded word for an address', 'From: =?utf-8?q?admin=40acme.test?=\r\n'],
  ['an open quote', 'From: "bert <admin@acme.test>\r\n'],
  ['an open comment', 'From: bert@acme.test (x <admin@acme.test>\r\n'],
  ['a comment that was never open', 'From: bert@acme.test) <admin@acme.test>\r\n'],
  ['an open angle', 'From: bert <bert@acme.test\r\n'],
  ['two angles', 'From: <bert@acme.test> <admin@acme.test>\r\n'],
  ['an angle in an angle', 'From: <<bert@acme.test>\r\n'],
  ['a list in an angle', 'From: <bert@acme.test, admin@acme.test>\r\n'],
  ['a route', 'From: <@admin.test:bert@acme.test>\r\n'],
  ['a backslash outside of quotes', 'From: bert@acme.test\\, x <bert@acme.test>\r\n'],
  ['an address behind its own in brackets', 'From: <bert@acme.test> admin@acme.test\r\n'],
  ['two domains', 'From: <bert@acme.test@out.test>\r\n'],
  ['two domains without brackets', 'From: admin@acme.test@acme.test\r\n'],
  ['an address in square brackets', 'From: [admin@acme.test] <bert@acme.test>\r\n'],
  ['a second address behind a colon in brackets', 'From: <bert@acme.test:admin@acme.test>\r\n'],
  ['a second address in square brackets in brackets', 'From: <bert@acme.test[admin@acme.test]>\r\n'],
  ['a comment in brackets', 'From: <bert@acme.test(x)@evil.test>\r\n'],
  ['a square bracket behind an address', 'From: bert@acme.test]\r\n'],
  ['a quoted address in a detail', 'From: "bert+<admin@acme.test>,"@acme.test\r\n'],
  ['an empty Sender', 'From: bert@acme.test\r\nSender:\r\n'],
  ['an empty group as Resent-From', 'From: bert@acme.test\r\nResent-From: x:;\r\n'],
  ['a field name beyond ASCII', 'From: bert@acme.test\r\n\x80From: admin@acme.test\r\n'],
  ['a byte order mark before a field', '\xef\xbb\xbfFrom: admin@acme.test\r\nFrom: bert@acme.test\r\n'],
  ['a NUL', 'From: bert@acme.test\r\nSubject: x\0From: admin@acme.test\r\n'],
  ['a vertical tab', 'From: bert@acme.test\r\nSubject: x\vFrom: admin@acme.test\r\n'],
] as const;

describe('a message that is submitted', () => {
  it.each([
    'From: bert@acme.test\r\n',
    'From: Bert <BERT@acme.test>\r\n',
    'From: "Smith, Bert (Sales)" <bert+list@acme.test> (at work)\r\n',
    'From: =?utf-8?q?B=C3=A9rt?= <bert@acme.test>\r\nSender: anna@acme.test\r\n',
    'From: "admin@acme.test" <bert@acme.test>\r\n',
    'From: anna@acme.test,\r\n bert@acme.test\r\nResent-From: bert@acme.test\r\n',
    'From: "\\b\\ert"@acme.test\r\n',
    'From: both: anna@acme.test, bert@acme.test;\r\n',
  ])('may be from its sender and those who allow it: %j', async (header) => {
    await expect(check(`${header}To: x@out.test\r\n\r\ntext\r\n`)).resolves.toMatchObject({ sender: 'bert@acme.test' });
  });

  it.each(FOREIGN)('is refused with somebody else in %s', async (_, header) => {
    await expect(check(`${header}\r\ntext\r\n`)).rejects.toMatchObject({ code: 'NO_ACCESS' });
  });

  it.each(UNREADABLE)('is refused with %s', async (_, header) => {
    await expect(check(`${header}\r\ntext\r\n`)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  it.each(['admin@acme.test', 'bert+\r\nBcc: y@acme.test', 'bert+\0@acme.test', 'bert+x\n@acme.test'])(
    'is refused with the envelope sender %j',
    async (sender) => {
      const envelope = { sender, recipients: ['x@out.test'] };
      await expect(check('From: bert@acme.test\r\n\r\n', envelope)).rejects.toMatchObject({ code: 'NO_ACCESS' });
    },
  );

  it.each(['x', '@out.test', 'x\r\nRCPT TO:<y@out.test>@out.test', 'x@out.test\0', 'x@-', 'x@a..b'])(
    'is refused with the recipient %j',
    async (recipient) => {
      const envelope = { sender: '', recipients: ['y@out.test', recipient] };
      await expect(check('From: bert@acme.test\r\n\r\n', envelope)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
      });
    },
  );

  it('is refused with a header that is too large', async () => {
    await expect(check(`From: bert@acme.test\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`)).rejects.toMatchObject({
      code: 'TOO_BIG',
    });
  });
});

describe('an outgoing message', () => {
  const message = { id: Buffer.alloc(16), submittedAt: 0 } as Parameters<typeof openOutgoing>[1];
  const leaving = async (text: string) => {
    const content = await outgoingContent(contentOf(text));
    const bytes = await collect(openOutgoing(content, message, 'mail.test', undefined) as AsyncIterable<Buffer>);
    return { header: content.header, bytes: bytes.toString('latin1') };
  };

  it.each([
    'From: bert@acme.test\r\nBcc: y@acme.test\r\n\r\ntext\r\n',
    'From: bert@acme.test\nSubject: x\n\ntext\n.\nmore',
    'From: bert@acme.test\rSubject: x\r\rtext\r.\r\n',
    'From: bert@acme.test\r\nSubject: x\r\r\nstill a header?\r\n\r\ntext\r\n',
    'From: bert@acme.test',
    'From: bert@acme.test\r\n',
    'From: bert@acme.test\r',
    '\r\nFrom: admin@acme.test\r\n\r\n',
    'no field\r\n folded\r\nFrom: bert@acme.test\r\n\r\n\r\n',
  ])('is what was looked at, with line ends of CRLF alone: %j', async (text) => {
    const { header, bytes } = await leaving(text);
    expect(bytes).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
    const end = bytes.indexOf('\r\n\r\n') + 4;
    const own = bytes.slice(0, end).replace(/^Received: .*\r\n .*\r\n/, '');
    expect(own).toBe(header.toString('latin1'));
    expect(own).not.toMatch(/^bcc/im);
  });

  it('keeps the text after an empty line that only recipients’ parsers see', async () => {
    const { bytes } = await leaving('From: bert@acme.test\r\nSubject: x\r\rFrom: admin@acme.test\r\n\r\ntext\r\n');
    expect(bytes).toMatch(/Subject: x\r\n\r\nFrom: admin@acme\.test\r\n\r\ntext\r\n$/);
    const content = await outgoingContent(contentOf('Subject: x\r\rFrom: admin@acme.test\r\n\r\n'));
    expect(() => authorsIn(content.header)).toThrow('no From');
  });
});
