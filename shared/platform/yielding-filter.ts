import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a scan goes on before it yields, in milliseconds. */
const TURN_MS = 5;

/** `filter` over many items, which yields to other work of the process in between. */
export async function filterYielding<T>(items: readonly T[], test: (item: T) => boolean): Promise<T[]> {
  const found: T[] = [];
  await findIndexYielding(items, (item) => {
    if (test(item)) found.push(item);
    return false;
  });
  return found;
}

/** `findIndex` over many items, which yields as well. */
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
