/** The most keys in one look-up. */
const MAX_KEYS = 200;

interface Waiting<Key, Value> {
  keys: readonly Key[];
  resolve: (values: Value[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches look-ups of keys, so that concurrent callers share round trips: keys that are asked for while a look-up runs go into
 * the next. No caller gets an answer from before its question.
 */
export function batchedLookup<Key, Value>(
  lookUp: (keys: readonly Key[]) => Promise<Value[]>,
): (keys: readonly Key[]) => Promise<Value[]> {
  const waiting: Waiting<Key, Value>[] = [];
  let running = false;

  const takeBatch = (): Waiting<Key, Value>[] => {
    let keys = 0;
    const end = waiting.findIndex((each, i) => {
      keys += each.keys.length;
      return i > 0 && keys > MAX_KEYS;
    });
    return waiting.splice(0, end < 0 ? waiting.length : end);
  };

  const drain = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        const values = await lookUp(batch.flatMap(({ keys }) => keys));
        let at = 0;
        for (const { keys, resolve } of batch) {
          resolve(values.slice(at, at + keys.length));
          at += keys.length;
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  };

  return (keys) =>
    new Promise((resolve, reject) => {
      waiting.push({ keys, resolve, reject });
      if (!running) void drain();
    });
}
