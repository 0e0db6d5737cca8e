import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Uid } from '../../shared/store/engine/ids.ts';
import { ContentCache } from '../../shared/store/messages/content-cache.ts';
import type { MessageContent } from '../../shared/store/messages/message-content.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let mailbox: Mailbox;
let reads = 0;
const parts = Array.from({ length: 300 }, (_, i) => `--b\r\n\r\n${`part ${i} `.repeat(200)}\r\n`).join('');
const message = `Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`;

beforeAll(async () => {
  store = await openTestStore();
  mailbox = await store.mailbox('sections@contents.test');
  await deliverTo(store, [mailbox], message);
});
afterAll(() => store.close());

const counting = () => {
  const { get } = store.objects;
  return {
    ...store,
    objects: {
      ...store.objects,
      get: (...args: Parameters<typeof get>) => {
        reads++;
        return get(...args);
      },
    },
  };
};

async function textOf(content: MessageContent | undefined, part: number): Promise<string> {
  const { bodyStart: start = 0, bodyEnd: end = 0 } = content?.root.children[part] ?? {};
  const chunks: Buffer[] = [];
  for await (const chunk of content?.read({ start, end }) ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

describe('a message whose sections are fetched one by one', () => {
  it('is read from the object store at most twice, however many sections there are', async () => {
    const contents = new ContentCache();
    const context = counting();
    for (let part = 0; part < 40; part++) {
      const content = await contents.open(context, mailbox, mailbox.inbox, 1 as Uid);
      expect(await textOf(content, part)).toBe(`part ${part} `.repeat(200));
    }
    expect(reads).toBe(2);
  });

  it('is read again where it does not fit into the cache; an expunged message is not found', async () => {
    const contents = new ContentCache(1000);
    for (const part of [0, 1, 2])
      expect(await textOf(await contents.open(store, mailbox, mailbox.inbox, 1 as Uid), part)).toContain(
        `part ${part} `,
      );
    expect(await contents.open(store, mailbox, mailbox.inbox, 999 as Uid)).toBeUndefined();
  });

  it('is read again after the object store was unreachable', async () => {
    const contents = new ContentCache();
    const open = () => contents.open(store, mailbox, mailbox.inbox, 1 as Uid);
    await textOf(await open(), 0);
    store.objects.fail = true;
    await expect(textOf(await open(), 1)).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    store.objects.fail = false;
    expect(await textOf(await open(), 1)).toContain('part 1 ');
  });
});
