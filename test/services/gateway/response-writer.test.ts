import { describe, expect, it } from 'vitest';
import { ResponseWriter } from '../../../services/gateway/response-writer.ts';
import { settle, TestSocket } from './test-socket.ts';

describe('responses', () => {
  it('wait in the queue and are sent in one write, in their order', async () => {
    const socket = new TestSocket();
    const output = new ResponseWriter(socket, 'latin1');
    output.respond('* 1 EXISTS');
    output.respondPart('* 1 FETCH (');
    output.respond('UID 7)');
    expect(socket.received()).toBe('');
    await output.flush();
    expect(socket.received()).toBe('* 1 EXISTS\r\n* 1 FETCH (UID 7)\r\n');
  });

  it('go out before octets that are sent as they are', async () => {
    const socket = new TestSocket();
    const output = new ResponseWriter(socket, 'latin1');
    output.respondPart('BINARY[1] ~{2}\r\n');
    await output.sendBytes(Buffer.of(0, 1));
    expect(socket.received()).toBe('BINARY[1] ~{2}\r\n\0\x01');
  });

  it('have no NUL in a line (RFC 3501 §9), and the same length without it', async () => {
    const socket = new TestSocket();
    await new ResponseWriter(socket, 'latin1').respondNow('a\0b');
    expect(socket.received()).toBe('a\x80b\r\n');
  });

  it('are in the encoding of the protocol', async () => {
    const [latin1, utf8] = [new TestSocket(), new TestSocket()];
    await new ResponseWriter(latin1, 'latin1').respondNow('\xe9');
    await new ResponseWriter(utf8, 'utf8').respondNow('\xe9');
    expect([latin1.received(), utf8.received()]).toEqual(['\xe9\r\n', '\xc3\xa9\r\n']);
  });

  it('are sent on the way only once there are many', async () => {
    const socket = new TestSocket();
    const output = new ResponseWriter(socket, 'latin1');
    output.respond('x');
    await output.flushIfFull();
    expect(socket.received()).toBe('');
    output.respond('x'.repeat(64 * 1024));
    await output.flushIfFull();
    expect(socket.received()).toHaveLength(64 * 1024 + 5);
  });

  it('wait while the client does not read, and go on when it does', async () => {
    const socket = new TestSocket();
    socket.reads = false;
    const output = new ResponseWriter(socket, 'latin1');
    let sent = false;
    const sending = output.respondNow('x'.repeat(5000)).then(() => {
      sent = true;
    });
    await settle();
    expect(sent).toBe(false);
    socket.readOn();
    await sending;
  });

  it('do not wait for a client that has gone', async () => {
    const socket = new TestSocket();
    socket.reads = false;
    const output = new ResponseWriter(socket, 'latin1');
    const sending = output.respondNow('x'.repeat(5000));
    socket.destroy();
    await sending;
    await output.respondNow('after that');
  });

  it('that are queued are dropped for a last line', async () => {
    const socket = new TestSocket();
    const output = new ResponseWriter(socket, 'latin1');
    output.respond('* 1 EXISTS');
    output.endWith('* BYE Shutting down');
    await output.flush();
    expect(socket.received()).toBe('* BYE Shutting down\r\n');
  });
});
