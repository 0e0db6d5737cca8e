import type { PlainValue } from './plain-value.ts';
import type { PropertyTag } from './property-tags.ts';
import type { Restriction } from './restriction.ts';
import type { RuleAction } from './rule-action.ts';

/** A value that is too large for a document: a reference to a blob in the object store. */
export interface BlobValue {
  /** SHA-256 of its bytes. */
  blob: Buffer;
  /** The tenant whose blob it is; 0 for a blob that all tenants share. */
  scope: number;
  /** Bytes. */
  size: number;
  /** The type of the property whose value it is. */
  type: number;
}

/** A value of a property; PT_SRESTRICTION is a {@link Restriction}, PT_ACTIONS a list of {@link RuleAction}s, PT_ERROR its code. */
export type PropertyValue = PlainValue | BlobValue | Restriction | RuleAction[];

/** A property and its value. */
export interface Property {
  tag: PropertyTag;
  value: PropertyValue;
}

/** All properties of one object. */
export type PropertyBag = Map<PropertyTag, PropertyValue>;

export const isBlobValue = (value: PropertyValue | undefined): value is BlobValue =>
  typeof value === 'object' && 'blob' in value;

/** Whether a value is neither a restriction, nor rule actions, nor a blob. */
export const isPlainValue = (value: PropertyValue): value is PlainValue =>
  typeof value !== 'object' ||
  Buffer.isBuffer(value) ||
  (Array.isArray(value) && value.every((item) => typeof item !== 'object' || Buffer.isBuffer(item)));
