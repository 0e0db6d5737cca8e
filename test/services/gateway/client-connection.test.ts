import { describe, expect, it } from 'vitest';
import { ClientConnection } from '../../../services/gateway/client-connection.ts';
import { readLine } from '../../../services/gateway/line-reader.ts';
import { settle, TestSocket } from './test-socket.ts';

function connect() {
  const socket = new TestSocket();
  const connection = new ClientConnection(socket.asSocket(), false, {
    encoding: 'latin1',
    farewell: (text, reason) => `* BYE ${reason} ${text}`,
  });
  return { socket, connection };
}

describe('a connection', () => {
  it('sends queued output before it waits for the client', async () => {
    const { socket, connection } = connect();
    connection.output.respond('+ go ahead');
    const more = connection.more();
    await settle();
    expect(socket.received()).toBe('+ go ahead\r\n');
    socket.send('x');
    expect(await more).toBe(true);
  });

  it('that is ended from outside gives its client a farewell, and reads no more', async () => {
    const { socket, connection } = connect();
    const line = readLine(connection, 100, 'latin1');
    connection.end('Shutting down');
    expect(await line).toBeUndefined();
    expect(connection.isOpen).toBe(false);
    expect(socket.received()).toBe('* BYE server Shutting down\r\n');
    connection.end('again');
    expect(socket.received()).toBe('');
  });

  it('whose client has gone gives no more bytes', async () => {
    const { socket, connection } = connect();
    const more = connection.more();
    socket.push(null);
    expect(await more).toBe(false);
  });

  it('that is cut off drops its queued output', async () => {
    const { socket, connection } = connect();
    connection.output.respond('* 1 FETCH (BODY[] {100}');
    connection.abort();
    await connection.finish();
    expect(socket.received()).toBe('');
    expect(connection.isGone).toBe(true);
  });

  it('sends a farewell of its own behind the responses that are queued', async () => {
    const { socket, connection } = connect();
    connection.output.respond('a1 BAD no');
    connection.bye('too many errors');
    await connection.finish();
    expect(socket.received()).toBe('a1 BAD no\r\n* BYE server too many errors\r\n');
    expect(socket.writableEnded).toBe(true);
  });
});

describe('an account that changes ends its connection', () => {
  const farewell = '* BYE credentials Your account has changed: log in again\r\n';

  it('at once while the client is quiet', async () => {
    const { socket, connection } = connect();
    const more = connection.more();
    await settle();
    connection.revoke();
    expect(await more).toBe(false);
    expect(socket.received()).toBe(farewell);
  });

  it('after the command that is running, since a farewell in a literal would be part of it', async () => {
    const { socket, connection } = connect();
    connection.revoke();
    connection.output.respond('* 1 FETCH (BODY[] {4}\r\nbody)');
    connection.byeIfRevoked();
    await connection.finish();
    expect(socket.received()).toBe(`* 1 FETCH (BODY[] {4}\r\nbody)\r\n${farewell}`);
  });

  it('when a command waits for its client, such as for a literal', async () => {
    const { socket, connection } = connect();
    connection.revoke();
    expect(await connection.more()).toBe(false);
    expect(socket.received()).toBe(farewell);
  });
});
