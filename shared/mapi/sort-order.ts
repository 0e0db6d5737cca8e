import type { PropertyTag } from './property-tags.ts';

/** A column that rows are sorted by; of several orders, the first has precedence. */
export interface SortOrder {
  tag: PropertyTag;
  descending: boolean;
}
