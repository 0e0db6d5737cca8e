import { describe, expect, it } from 'vitest';
import { type ReadCommand, readCommand } from '../../../../services/gateway/imap/command-reader.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import { byteSource } from '../byte-source.ts';

const LIMITS = { line: 100, literal: 20, message: 50 };

async function read(...pieces: string[]) {
  const source = byteSource(...pieces);
  return { source, result: await readCommand(source, LIMITS) };
}

const texts = (result: unknown) =>
  (result as ReadCommand).pieces.map((piece) => (Buffer.isBuffer(piece) ? piece.toString('latin1') : piece));

describe('a command', () => {
  it('has a tag, a name in capitals and its arguments', async () => {
    expect((await read('a1 login anna pass\r\n')).result).toMatchObject({
      tag: 'a1',
      name: 'LOGIN',
      pieces: ['anna pass'],
    });
    expect((await read('a2 uid fetch 1 FLAGS\r\n')).result).toMatchObject({ name: 'UID FETCH', pieces: ['1 FLAGS'] });
    expect((await read('a3 NOOP\r\n')).result).toMatchObject({ name: 'NOOP', pieces: [''] });
  });

  it('that has no tag and name is rejected with its tag where there is one', async () => {
    expect((await read('a1\r\n')).result).toMatchObject({
      tag: '*',
      response: expect.stringMatching(/^BAD/),
      fatal: false,
    });
    expect((await read('a1 123\r\n')).result).toMatchObject({ tag: 'a1', fatal: false });
  });

  it('without a name that announces a literal ends the connection, since its octets cannot be distinguished from commands', async () => {
    expect((await read('a1 123 {5}\r\n')).result).toMatchObject({ fatal: true });
  });

  it('is undefined when the client has gone in its middle', async () => {
    expect((await read('a1 NO')).result).toBeUndefined();
    expect((await read('a1 LOGIN {4+}\r\nan')).result).toBeUndefined();
  });

  it('whose lines exceed the limit in total ends the connection', async () => {
    expect((await read(`a1 ${'X'.repeat(100)}\r\n`)).result).toMatchObject({ fatal: true });
    const long = 'x'.repeat(60);
    expect((await read(`a1 SELECT "${long} {1+}\r\na ${long}\r\n`)).result).toMatchObject({ tag: 'a1', fatal: true });
  });
});

describe('a literal', () => {
  it('is asked for where it is synchronizing, and not where it is not (RFC 7888)', async () => {
    const { source, result } = await read('a1 LOGIN {4}\r\n', 'anna {4+}\r\npass\r\n');
    expect(texts(result)).toEqual(['', 'anna', ' ', 'pass', '']);
    expect(source.sent).toEqual(['+ go ahead']);
  });

  it('beyond the limit is refused before it is sent', async () => {
    const { source, result } = await read('a1 LOGIN {21}\r\n', 'a2 NOOP\r\n');
    expect(result).toMatchObject({ tag: 'a1', response: expect.stringMatching(/^BAD \[TOOBIG\]/), fatal: false });
    expect(source.sent).toEqual([]);
    expect(await readCommand(source, LIMITS)).toMatchObject({ tag: 'a2', name: 'NOOP' });
  });

  it('that comes unasked beyond the limit ends the connection', async () => {
    expect((await read('a1 LOGIN {21+}\r\n')).result).toMatchObject({ fatal: true });
  });

  it('counts with the others of its command, which may have four times the limit in total', async () => {
    const four = ' {20+}\r\n'.concat('x'.repeat(20)).repeat(4);
    expect((await read(`a1 SELECT${four}\r\n`)).result).toMatchObject({ name: 'SELECT' });
    expect((await read(`a1 SELECT${four} {1+}\r\nx\r\n`)).result).toMatchObject({
      response: expect.stringMatching(/TOOBIG/),
    });
  });
});

describe('the message of an APPEND', () => {
  it('is not stored with the arguments', async () => {
    const { result } = await read('a1 APPEND INBOX {21+}\r\nSubject: x\r\n\r\nbody\r\nx\r\n');
    const { pieces, messages } = result as ReadCommand;
    expect(pieces).toEqual(['INBOX ', { spooled: 0 }, '']);
    const [message] = messages;
    expect((await collect(message?.read(0, 21) ?? [])).toString()).toBe('Subject: x\r\n\r\nbody\r\nx');
    await message?.dispose();
  });

  it('is distinguished from the name of the mailbox, which may be a literal too, and from a URL', async () => {
    const { result } = await read('a1 APPEND {5+}\r\nINBOX CATENATE (URL {4+}\r\n/x;u TEXT {2+}\r\nhi)\r\n');
    const { pieces, messages } = result as ReadCommand;
    expect(pieces.map((piece) => (Buffer.isBuffer(piece) ? 'kept' : piece))).toEqual([
      '',
      'kept',
      ' CATENATE (URL ',
      'kept',
      ' TEXT ',
      { spooled: 0 },
      ')',
    ]);
    for (const message of messages) await message.dispose();
  });

  it('beyond the limit is read and dropped where it comes unasked, and the connection goes on (RFC 7888 §4)', async () => {
    const { source, result } = await read(`a1 APPEND INBOX {51+}\r\n${'x'.repeat(51)}\r\na2 NOOP\r\n`);
    expect(result).toMatchObject({ tag: 'a1', response: expect.stringMatching(/^NO \[TOOBIG\]/), fatal: false });
    expect(await readCommand(source, LIMITS)).toMatchObject({ tag: 'a2' });
  });

  it('far beyond the limit ends the connection', async () => {
    expect((await read('a1 APPEND INBOX {201+}\r\n')).result).toMatchObject({ fatal: true });
  });
});
