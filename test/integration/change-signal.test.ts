import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../shared/platform/log.ts';
import { createChangeSignal } from '../../shared/store/engine/change-signal.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe('a change signal that is closed as soon as it was given, as by a command', () => {
  it('still notifies its listeners, and leaves nothing that keeps the process alive', async () => {
    const listener = createSocket('udp4');
    listener.bind(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = `127.0.0.1:${listener.address().port}`;
    await store.db
      .insertInto('listeners')
      .values({ address, expires_at: store.clock() + 60_000 })
      .execute();
    const told = once(listener, 'message');
    const before = timers();
    const changeSignal = createChangeSignal(store.db, store.clock, silentLog);
    changeSignal.signalAccounts(['u7']);
    await changeSignal.close();
    changeSignal.signalAccounts(['u8']);
    expect(String((await told)[0])).toBe('u7');
    listener.close();
    await expect.poll(timers).toBeLessThanOrEqual(before + 1);
  });
});

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Immediate').length;
