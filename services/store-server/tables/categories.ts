import { compareValues } from '../../../shared/mapi/compare.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { MSGFLAG } from '../../../shared/mapi/message-flags.ts';
import type { PropertyValue } from '../../../shared/mapi/property.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { SortOrder } from '../../../shared/mapi/sort-order.ts';
import { ROW_TYPE } from '../../../shared/mapi/table-flags.ts';
import { append } from '../../../shared/platform/append.ts';
import type { Category, Line } from './listing.ts';
import type { Row } from './row-source.ts';

/** The categories of a table: how deep its rows are grouped, and which groups are open. */
export class Categories {
  /** The number of sort orders that are categories. */
  depth = 0;
  /** Categories above this depth are open until a client closes them. */
  private expanded = 0;
  private readonly collapsed = new Map<string, boolean>();

  /** Throws INVALID_PARAMETER. */
  set(depth: number, expanded: number, orders: readonly SortOrder[]): void {
    if (depth > orders.length || expanded > depth)
      throw new PamojaError('INVALID_PARAMETER', 'more categories than columns');
    this.depth = depth;
    this.expanded = expanded;
  }

  open(key: Buffer): void {
    this.collapsed.set(key.toString('hex'), false);
  }

  close(key: Buffer): void {
    this.collapsed.set(key.toString('hex'), true);
  }

  /** The open and closed categories, to be restored in another table. */
  state(bookmark: Buffer): Buffer {
    return Buffer.from(JSON.stringify({ categories: [...this.collapsed], at: bookmark.toString('hex') }));
  }

  /** Gives the key of the line that the state was taken at, in hexadecimal. Throws BAD_VALUE. */
  restore(state: Buffer): string {
    const { categories, at } = parseState(state);
    this.collapsed.clear();
    for (const [key, closed] of categories) this.collapsed.set(key, closed);
    return at;
  }

  /** The lines of sorted rows: each category, and below an open one its categories or rows. */
  linesOf(rows: readonly Row[], orders: readonly SortOrder[]): Line[] {
    return this.linesAt(rows, orders, 0, new Map());
  }

  private linesAt(
    rows: readonly Row[],
    orders: readonly SortOrder[],
    depth: number,
    above: ReadonlyMap<PropertyTag, PropertyValue | undefined>,
  ): Line[] {
    const order = orders[depth];
    if (depth >= this.depth || !order) return rows.map((row) => ({ kind: 'row', row, depth }));
    const lines: Line[] = [];
    for (const group of groupBy(rows, order.tag)) {
      const values = new Map(above).set(order.tag, group[0]?.get(order.tag));
      const key = categoryKey(depth, values);
      const expanded = !(this.collapsed.get(key.toString('hex')) ?? depth >= this.expanded);
      const unread = group.filter(
        (row) => (Number(row.get(PR.MESSAGE_FLAGS) ?? MSGFLAG.READ) & MSGFLAG.READ) === 0,
      ).length;
      lines.push({ kind: 'category', category: { key, depth, values, count: group.length, unread, expanded } });
      if (expanded) append(lines, this.linesAt(group, orders, depth + 1, values));
    }
    return lines;
  }
}

/** The value of a column in the line of a category: those of its own, and those that its rows have in common. */
export function categoryValue(category: Category, tag: PropertyTag): PropertyValue | undefined {
  switch (tag) {
    case PR.INSTANCE_KEY:
      return category.key;
    case PR.ROW_TYPE:
      return category.expanded ? ROW_TYPE.EXPANDED_CATEGORY : ROW_TYPE.COLLAPSED_CATEGORY;
    case PR.DEPTH:
      return category.depth;
    case PR.CONTENT_COUNT:
      return category.count;
    case PR.CONTENT_UNREAD:
      return category.unread;
    default:
      return category.values.get(tag);
  }
}

/** Sorted rows, divided where the value of a column changes. */
function groupBy(rows: readonly Row[], tag: PropertyTag): Row[][] {
  const groups: Row[][] = [];
  let last: PropertyValue | undefined;
  for (const row of rows) {
    const value = row.get(tag);
    const current = groups.at(-1);
    const same =
      current && (value === undefined || last === undefined ? value === last : compareValues(value, last) === 0);
    if (same) current.push(row);
    else groups.push([row]);
    last = value;
  }
  return groups;
}

const categoryKey = (depth: number, values: ReadonlyMap<PropertyTag, PropertyValue | undefined>): Buffer =>
  Buffer.from(
    JSON.stringify([
      depth,
      ...[...values].map(([tag, value]) => [tag, typeof value === 'bigint' ? String(value) : (value ?? null)]),
    ]),
  );

function parseState(state: Buffer): { categories: [string, boolean][]; at: string } {
  try {
    const { categories, at } = JSON.parse(state.toString('utf8')) as { categories: [string, boolean][]; at: string };
    if (!Array.isArray(categories) || typeof at !== 'string') throw new Error('not a state');
    return { categories: categories.map(([key, closed]) => [String(key), closed === true]), at };
  } catch (cause) {
    throw new PamojaError('BAD_VALUE', 'not a collapse state', { cause });
  }
}
