import type { Restriction } from '../../mapi/restriction.ts';
import { readRestriction, restrictionDocument } from '../../mapi/restriction-document.ts';
import type { RestrictTable } from './interface.ts';

// SOAP's restrictTable has the fields that stored documents have: one codec reads and writes both.

/** The restriction that a client sends. Throws as {@link readRestriction} does; the limit of elements of a request bounds its size. */
export const restrictionOf = (table: RestrictTable): Restriction => readRestriction(table);

/** A restriction as the interface transfers it. */
export const restrictTableOf = (restriction: Restriction): RestrictTable => restrictionDocument(restriction);
