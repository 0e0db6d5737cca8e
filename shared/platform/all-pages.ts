/** Reads all items of a list in pages of `size`; `next` reads the page after a cursor, `first` is the cursor of the beginning. */
export async function allPages<Item, Cursor>(
  next: (after: Cursor) => Promise<Item[]>,
  cursor: (item: Item) => Cursor,
  { first, size }: { first: Cursor; size: number },
): Promise<Item[]> {
  const all: Item[] = [];
  for (;;) {
    const last = all.at(-1);
    const items = await next(last === undefined ? first : cursor(last));
    all.push(...items);
    if (items.length < size) return all;
  }
}
