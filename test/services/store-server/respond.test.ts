import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { sendForwarded, sendMultipart } from '../../../services/store-server/respond.ts';

it.each(['multipart', 'forwarded'])('a large answer to a slow client (%s) leaves no listeners behind', async (kind) => {
  const warnings: string[] = [];
  const warned = (warning: Error) => void warnings.push(warning.name);
  process.on('warning', warned);
  const size = 40 * 1024 * 1024;
  const chunk = Buffer.alloc(64 * 1024, 1);
  async function* source() {
    for (let left = size; left > 0; left -= chunk.length) yield chunk;
  }
  let most = 0;
  const server = createServer(async (_, response) => {
    const timer = setInterval(() => {
      most = Math.max(most, response.listenerCount('close'), response.listenerCount('drain'));
    }, 1);
    if (kind === 'multipart')
      await sendMultipart(response, { envelope: '<x/>', attachments: [{ id: 'a', source: source() }] });
    else await sendForwarded(response, { status: 200, contentType: 'text/plain', body: source() });
    clearInterval(timer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port }), 'response')) as [
    IncomingMessage,
  ];
  let received = 0;
  for await (const bytes of response) received += (bytes as Buffer).length;
  expect(received).toBeGreaterThanOrEqual(size);
  expect(most).toBeLessThan(8);
  server.close();
  // A process warning is emitted in the turn after the one that caused it.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});
