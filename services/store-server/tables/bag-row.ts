import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { asUnicode, tagIn, valueAs } from '../../../shared/mapi/property-bag.ts';
import type { PropertyTag } from '../../../shared/mapi/property-tags.ts';
import type { Row, RowSource } from './row-source.ts';

/** A row that has all of its values. */
export const bagRow = (key: Buffer, bag: PropertyBag): Row => ({
  key,
  get: (tag) => valueAs(bag, asUnicode(tag)),
  tagOf: (tag) => tagIn(bag, tag),
});

/** A table whose rows are made again each time they are read. */
export const simpleTable = (columns: readonly PropertyTag[], rows: () => Promise<Row[]>): RowSource => ({
  columns,
  rows,
  cheap: () => true,
  version: async () => 'once',
});
