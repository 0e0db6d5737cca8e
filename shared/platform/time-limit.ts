import { Script } from 'node:vm';

/** Work took longer than it may. */
export class TimeLimitError extends Error {
  constructor(ms: number) {
    super(`not done within ${ms} ms`);
    this.name = 'TimeLimitError';
  }
}

/** Where the script finds its work: it sees nothing but the global object. */
const WORK = 'pamoja timed work';
const SCRIPT = new Script(`globalThis[${JSON.stringify(WORK)}]()`);

/**
 * Does synchronous work, and ends it after a time: a loop or a regular expression that would hold up the whole process throws TimeLimitError. It
 * costs a thread that watches, some hundred microseconds. What the work has changed until then stays changed.
 */
export function withinTime<T>(ms: number, work: () => T): T {
  const place = globalThis as unknown as Record<string, (() => void) | undefined>;
  const before = place[WORK];
  const results: T[] = [];
  place[WORK] = () => {
    results.push(work());
  };
  try {
    SCRIPT.runInThisContext({ timeout: ms });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TimeLimitError(ms);
    throw error;
  } finally {
    place[WORK] = before;
  }
  return results[0] as T;
}
