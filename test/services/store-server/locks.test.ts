import { describe, expect, it } from 'vitest';
import { MessageLocks } from '../../../services/store-server/locks.ts';
import type { SoapSession } from '../../../services/store-server/session.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

const session = () => ({ ended: false }) as SoapSession;
const store = (id: number) => ({ store: id }) as MapiStore;
const message = Buffer.alloc(16, 1);

describe('the lock of a message', () => {
  it('is refused to another session until the one that has it gives it back', () => {
    const locks = new MessageLocks();
    const [first, second] = [session(), session()];
    locks.set(first, store(1), message, true);
    locks.set(first, store(1), message, true);
    expect(() => locks.set(second, store(1), message, true)).toThrow('somebody else has locked the message');
    expect(() => locks.set(second, store(1), message, false)).toThrow('somebody else has locked the message');
    locks.set(first, store(1), message, false);
    locks.set(second, store(1), message, true);
  });

  it('is of one store: the same id in another is another message', () => {
    const locks = new MessageLocks();
    locks.set(session(), store(1), message, true);
    locks.set(session(), store(2), message, true);
  });

  it('goes with its session', () => {
    const locks = new MessageLocks();
    const [first, second, third] = [session(), session(), session()];
    locks.set(first, store(1), message, true);
    Object.assign(first, { ended: true });
    locks.set(second, store(1), message, true);
    locks.forget(second);
    locks.set(third, store(1), message, true);
  });
});
