import { Script } from 'node:vm';

/** Work took longer than it may. */
export class TimeLimitError extends Error {
  constructor(ms: number) {
    super(`not done within ${ms} ms`);
    this.name = 'TimeLimitError';
  }
}

/** The name under which the script finds its work: it sees only the global object. */
const WORK = 'pamoja timed work';
const SCRIPT = new Script(`globalThis[${JSON.stringify(WORK)}]()`);

/**
 * Does synchronous work for a limited time: a loop or a regular expression that would block the process throws TimeLimitError. That
 * costs a watching thread, some hundred microseconds. Changes that the work has made until then remain.
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
