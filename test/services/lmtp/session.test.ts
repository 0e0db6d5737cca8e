import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type LmtpContext, LmtpSession } from '../../../services/lmtp/session.ts';
import type { Outcome } from '../../../shared/delivery/outcome.ts';
import type { Delivery } from '../../../shared/delivery/step.ts';
import type { Recipient } from '../../../shared/directory/sources/directory-source.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { silentLog } from '../../../shared/platform/log.ts';
import { TestSocket } from '../gateway/test-socket.ts';

/** What was delivered, and what becomes of it: the test says so. */
const delivery = vi.hoisted(() => ({
  messages: [] as { text: string; stores: number[] }[],
  outcomes: [] as Outcome[],
}));
vi.mock('../../../shared/delivery/deliver-message.ts', () => ({
  deliverMessage: async (_context: unknown, { source, recipients }: Delivery & { source: { size: number } }) => {
    const text = (await collect(source.read(0, source.size) as AsyncIterable<Buffer>)).toString();
    delivery.messages.push({ text, stores: recipients.map(({ store }) => Number(store)) });
    return recipients.map((_, i) => delivery.outcomes[i] ?? { kind: 'stored' });
  },
}));

const mailbox = (store: number, hardQuota = 0, storeSize = 0) => ({ store, hardQuota, storeSize }) as Recipient;
const DIRECTORY: Record<string, Recipient[]> = {
  'a@a.test': [mailbox(1)],
  'b@a.test': [mailbox(2)],
  'full@a.test': [mailbox(3, 1000, 900)],
  'team@a.test': [mailbox(1), mailbox(3, 1000, 900)],
};

const OPTIONS = {
  lmtp_max_messagesize: 500,
  lmtp_max_recipients: 3,
  lmtp_max_header_size: 200,
  lmtp_max_line_length: 100,
  lmtp_timeout_seconds: 300,
};

beforeEach(() => Object.assign(delivery, { messages: [], outcomes: [] }));

/** Plays a whole connection; gives the lines of the replies after the greeting. */
async function play(
  lines: string[],
  resolve = async (names: readonly string[]) => names.map((name) => DIRECTORY[name] ?? []),
) {
  const context = {
    store: { options: OPTIONS, clock: () => 0 },
    directory: { resolve },
    log: silentLog,
    hostname: 'mx.test',
  } as unknown as LmtpContext;
  const socket = new TestSocket();
  socket.send(`${lines.join('\r\n')}\r\n`);
  socket.push(null);
  await new LmtpSession(socket.asSocket(), context).run();
  const [greeting, ...replies] = socket.received().trimEnd().split('\r\n');
  expect(greeting).toBe('220 mx.test LMTP ready');
  return replies;
}

const HELLO = ['LHLO mta.test', 'MAIL FROM:<x@b.test>'];
const MESSAGE = ['DATA', 'Subject: Hello', '', '..dot', '.'];
/** The replies to the commands after LHLO and MAIL. */
const playMail = async (...lines: string[]) => {
  const replies = await play([...HELLO, ...lines]);
  return replies.slice(replies.indexOf('250 2.1.0 Sender ok') + 1);
};

describe('a mail server that delivers over LMTP', () => {
  it('gets the extensions of the service', async () => {
    expect(await play(['LHLO mta.test'])).toEqual([
      '250-mx.test',
      '250-PIPELINING',
      '250-8BITMIME',
      '250-SMTPUTF8',
      '250-ENHANCEDSTATUSCODES',
      '250-CHUNKING',
      '250 SIZE 500',
    ]);
  });

  it('gets a reply for each recipient in their order, and the message arrives as it was sent', async () => {
    delivery.outcomes = [{ kind: 'stored' }, { kind: 'later', reason: 'the database is unreachable' }];
    const replies = await playMail('RCPT TO:<b@a.test>', 'RCPT TO:<a@a.test>', ...MESSAGE, 'QUIT');
    expect(replies).toEqual([
      '250 2.1.5 <b@a.test> ok',
      '250 2.1.5 <a@a.test> ok',
      '354 Send the message, end it with <CRLF>.<CRLF>',
      '250 2.1.5 <b@a.test> delivered',
      '451 4.3.0 <a@a.test> the database is unreachable; try again later',
      '221 2.0.0 mx.test closes',
    ]);
    expect(delivery.messages).toEqual([{ text: 'Subject: Hello\r\n\r\n.dot\r\n', stores: [2, 1] }]);
  });

  it('gets an immediate refusal of unknown recipients and of mailboxes that the message would fill', async () => {
    const replies = await play([
      'LHLO mta.test',
      'MAIL FROM:<x@b.test> SIZE=100',
      'RCPT TO:<nobody@a.test>',
      'RCPT TO:<full@a.test>',
      ...MESSAGE.slice(0, 1),
    ]);
    expect(replies.slice(-3)).toEqual([
      '550 5.1.1 <nobody@a.test> no such user here',
      '552 5.2.2 <full@a.test> the mailbox is full',
      '503 5.5.1 No valid recipients',
    ]);
    expect(delivery.messages).toEqual([]);
  });

  it('reaches a group when one of its members can take the message', async () => {
    delivery.outcomes = [{ kind: 'refused', reason: 'store-full' }, { kind: 'stored' }];
    const replies = await playMail('RCPT TO:<team@a.test>', ...MESSAGE);
    expect(replies.at(-1)).toBe('250 2.1.5 <team@a.test> delivered');
  });

  it('is asked to try again while the directory is unreachable', async () => {
    const replies = await play([...HELLO, 'RCPT TO:<a@a.test>', 'RCPT TO:<b@a.test>'], async () => {
      throw new Error('unreachable');
    });
    expect(replies.slice(-2)).toEqual([
      '451 4.3.0 <a@a.test> cannot be looked up now; try again later',
      '451 4.3.0 <b@a.test> cannot be looked up now; try again later',
    ]);
  });

  it('may name so many recipients in one message, and not one more', async () => {
    const replies = await playMail(...['a', 'b', 'a', 'b'].map((name) => `RCPT TO:<${name}@a.test>`));
    expect(replies.map((reply) => reply.slice(0, 9))).toEqual(['250 2.1.5', '250 2.1.5', '250 2.1.5', '452 4.5.3']);
  });

  it.each([
    ['is too big', ['Subject: x', '', ...Array<string>(10).fill('y'.repeat(60))], '552 5.3.4 The message is too big'],
    ['has too long a line', ['Subject: x', '', 'y'.repeat(101)], '554 5.6.0 A line of the message is too long'],
    [
      'has too large a header',
      [...Array<string>(5).fill(`X-A: ${'y'.repeat(50)}`), ''],
      '554 5.6.0 The header of the message is too large',
    ],
  ])(
    'gets a refusal for each recipient of a message that %s, and nothing is delivered',
    async (_, content, refusal) => {
      const replies = await playMail('RCPT TO:<a@a.test>', 'RCPT TO:<b@a.test>', 'DATA', ...content, '.', 'NOOP');
      expect(replies.slice(3)).toEqual([refusal, refusal, '250 2.0.0 Ok']);
      expect(delivery.messages).toEqual([]);
    },
  );

  it('delivers nothing of a message that it breaks off', async () => {
    await playMail('RCPT TO:<a@a.test>', 'DATA', 'Subject: x', '', 'half');
    expect(delivery.messages).toEqual([]);
  });

  it('can send one message after the other, and in chunks', async () => {
    const replies = await playMail(
      'RCPT TO:<a@a.test>',
      ...MESSAGE,
      'MAIL FROM:<>',
      'RCPT TO:<b@a.test>',
      'BDAT 16',
      'Subject: Hello',
      'BDAT 6 LAST',
      '',
      'ab',
    );
    expect(replies.slice(-2)).toEqual(['250 2.0.0 16 octets received', '250 2.1.5 <b@a.test> delivered']);
    expect(delivery.messages[1]).toEqual({ text: 'Subject: Hello\r\n\r\nab\r\n', stores: [2] });
  });

  it('needs LHLO first, has no commands of submission, and is cut off after 20 errors', async () => {
    expect(await play(['MAIL FROM:<x@b.test>', 'AUTH PLAIN', 'EHLO x'])).toEqual([
      '503 5.5.1 Say LHLO first',
      expect.stringMatching(/^50/),
      expect.stringMatching(/^50/),
    ]);
    const replies = await play(Array<string>(30).fill('NONSENSE'));
    expect(replies).toHaveLength(21);
    expect(replies.at(-1)).toBe('421 4.7.0 Too many errors');
  });

  it('is answered 421 when the service stops', async () => {
    const socket = new TestSocket();
    const context = { store: { options: OPTIONS }, log: silentLog, hostname: 'mx.test' } as unknown as LmtpContext;
    const session = new LmtpSession(socket.asSocket(), context);
    void session.run();
    await new Promise((resolve) => setImmediate(resolve));
    session.end('421 4.3.2 The service is shutting down');
    socket.push(null);
    socket.destroy();
    expect(socket.received()).toBe('220 mx.test LMTP ready\r\n421 4.3.2 The service is shutting down\r\n');
  });
});
