import type { PropertyTag } from './property-tags.ts';

/** A column that rows are sorted by; the first of several orders before the others. */
export interface SortOrder {
  tag: PropertyTag;
  descending: boolean;
}
