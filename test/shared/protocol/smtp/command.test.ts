import { describe, expect, it } from 'vitest';
import { parseSmtpCommand } from '../../../../shared/protocol/smtp/command.ts';

describe('LMTP commands', () => {
  it.each([
    ['LHLO client.test', { name: 'HELLO', verb: 'LHLO', domain: 'client.test' }],
    ['mail from:<a@b>', { name: 'MAIL', sender: 'a@b', size: undefined, smtpUtf8: false, hold: undefined }],
    ['MAIL FROM:<> SIZE=100 BODY=8BITMIME', { name: 'MAIL', sender: '', size: 100, smtpUtf8: false, hold: undefined }],
    ['MAIL FROM:<ü@b> SMTPUTF8', { name: 'MAIL', sender: 'ü@b', size: undefined, smtpUtf8: true, hold: undefined }],
    ['RCPT TO:<@hop:a@b>', { name: 'RCPT', recipient: 'a@b' }],
    ['RCPT TO:<"a b"@c>', { name: 'RCPT', recipient: 'a b@c' }],
    ['BDAT 12 LAST', { name: 'BDAT', size: 12, last: true }],
    ['BDAT 0', { name: 'BDAT', size: 0, last: false }],
    ['QUIT', { name: 'QUIT' }],
    ['NOOP whatever', { name: 'NOOP' }],
  ])('%s', (line, expected) => {
    expect(parseSmtpCommand(line, 'lmtp')).toEqual(expected);
  });

  it.each([
    ['EHLO x', '500'],
    ['HELO x', '500'],
    ['LHLO', '501'],
    ['MAIL FROM:a@b', '501'],
    ['MAIL FROM:<a@b> WHAT=1', '555'],
    ['MAIL FROM:<a@b> SIZE=-1', '501'],
    ['MAIL FROM:<ü@b>', '553'],
    ['RCPT TO:<>', '501'],
    ['RCPT TO:<a@b> NOTIFY=NEVER', '555'],
    ['BDAT x', '501'],
    ['DATA now', '501'],
    ['', '500'],
    ['\0\0', '500'],
  ])('%j is refused with %s', (line, code) => {
    const command = parseSmtpCommand(line, 'lmtp');
    expect(command.name === 'invalid' && command.reply.slice(0, 3)).toBe(code);
  });
});
