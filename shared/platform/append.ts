/** Appends all items to a list. `push(...items)` throws a RangeError for about 125,000 of them: each is an argument on the stack. */
export function append<Item>(list: Item[], items: readonly Item[]): void {
  for (const item of items) list.push(item);
}
