import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a scan goes on before others get their turn, in milliseconds. */
const TURN_MS = 5;

/** Those of many items that pass a test, as `filter` has them; what others want of the process is done in between. */
export async function filterYielding<T>(items: readonly T[], test: (item: T) => boolean): Promise<T[]> {
  const found: T[] = [];
  await findIndexYielding(items, (item) => {
    if (test(item)) found.push(item);
    return false;
  });
  return found;
}

/** Where the first of many items is that passes a test, as `findIndex` has it, in turns too. */
export async function findIndexYielding<T>(items: readonly T[], test: (item: T) => boolean): Promise<number> {
  let began = performance.now();
  for (const [i, item] of items.entries()) {
    if (test(item)) return i;
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
  return -1;
}
