import { describe, expect, it } from 'vitest';
import { baseSubject } from '../../../../shared/protocol/imap/base-subject.ts';
import { encodeEnvelope } from '../../../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';
import {
  byReferences,
  encodeThreads,
  orderedSubject,
  type Threadable,
} from '../../../../shared/protocol/imap/threads.ts';

describe('the base subject (RFC 5256 §2.1)', () => {
  it.each([
    ['Re: hello', 'HELLO', true],
    ['hello', 'HELLO', false],
    ['RE: Fwd: [list] re[2]:  hello   there (fwd)', 'HELLO THERE', true],
    ['[list] hello', 'HELLO', false],
    ['[only]', '[ONLY]', false],
    ['[fwd: hello]', 'HELLO', true],
    ['=?utf-8?q?Re:_gr=C3=BC=C3=9Fe?=', 'GRÜSSE', true],
    ['', '', false],
    ['Re:', '', true],
  ])('of %s is %s', (subject, base, isReply) => {
    expect(baseSubject(subject)).toEqual({ base: base.normalize('NFKD'), isReply });
  });
});

describe('an envelope', () => {
  it('is read as it was written', () => {
    const field = (name: string, value: string) => ({ name, value });
    const wire = encodeEnvelope([
      field('date', 'Mon, 7 Feb 1994 21:52:25 -0800'),
      field('subject', 'a "quoted" \\ subject\xe9'),
      field('from', 'Terry <terry@example.com>'),
      field('to', 'a@example.com, "B, C" <b@example.com>'),
      field('message-id', '<1@example.com>'),
    ]);
    expect(readEnvelope(Buffer.from(wire, 'latin1'))).toMatchObject({
      date: 'Mon, 7 Feb 1994 21:52:25 -0800',
      subject: 'a "quoted" \\ subject\xe9',
      from: [{ name: 'Terry', mailbox: 'terry', host: 'example.com' }],
      to: [
        { name: undefined, mailbox: 'a' },
        { name: 'B, C', mailbox: 'b' },
      ],
      cc: [],
      inReplyTo: undefined,
      messageId: '<1@example.com>',
    });
  });
});

const message = (
  number: number,
  subject: string,
  references: string[] = [],
  id = `<${number}>`,
): Threadable<number> => ({
  value: number,
  number,
  sentAt: number * 1000,
  subject: baseSubject(subject),
  messageId: id,
  references,
});
const threaded = (...messages: Threadable<number>[]) => encodeThreads(byReferences(messages));

describe('threads (RFC 5256 §3)', () => {
  it('by subject have all others below the first', () => {
    const messages = [message(1, 'a'), message(2, 'b'), message(3, 'Re: a'), message(4, 'a')];
    expect(encodeThreads(orderedSubject(messages))).toBe('(1 (3)(4))(2)');
  });

  it('by references have each message below the one that it answers', () => {
    expect(
      threaded(
        message(1, 'a'),
        message(2, 'Re: a', ['<1>']),
        message(3, 'Re: a', ['<1>', '<2>']),
        message(4, 'Re: a', ['<1>']),
        message(5, 'b'),
      ),
    ).toBe('(1 (2 3)(4))(5)');
  });

  it('stay together when the answered message is missing', () => {
    expect(threaded(message(2, 'x', ['<1>']), message(3, 'y', ['<1>']))).toBe('((2)(3))');
    expect(threaded(message(2, 'x', ['<0>', '<1>']))).toBe('(2)');
  });

  it('are joined by subject when a reply has no references', () => {
    expect(threaded(message(1, 'a'), message(2, 'Re: a'))).toBe('(1 2)');
    expect(threaded(message(1, 'a'), message(2, 'a'))).toBe('((1)(2))');
  });

  it('are no circles, and two messages of one id are two', () => {
    expect(threaded(message(1, 'a', ['<2>']), message(2, 'b', ['<1>']))).toBe('(2 1)');
    expect(threaded(message(1, 'a'), message(2, 'b', [], '<1>'))).toBe('(1)(2)');
    expect(threaded(message(1, 'a', ['<1>']))).toBe('(1)');
  });

  it('take a message’s own references before those of others, even when it has none (step 1B)', () => {
    expect(threaded(message(1, 'a', ['<9>', '<2>']), message(2, 'b'))).toBe('(2 1)');
    expect(threaded(message(1, 'a', ['<2>', '<3>']), message(2, 'b'), message(3, 'c', ['<2>']))).toBe('(2 3 1)');
    // The link that the message asks for would close a circle; that which another made is broken all the same.
    expect(threaded(message(1, 'a', ['<2>', '<3>']), message(2, 'b'), message(3, 'c', ['<1>']))).toBe('(2)(3 1)');
  });

  it('may be as deep as there are messages', () => {
    const chain = Array.from({ length: 30_000 }, (_, n) => message(n + 1, `s${n}`, n === 0 ? [] : [`<${n}>`]));
    const upwards = chain.toReversed();
    for (const messages of [chain, upwards]) {
      const numbers = encodeThreads(byReferences(messages)).match(/\d+/g) ?? [];
      expect(numbers.length).toBe(30_000);
    }
  });
});
