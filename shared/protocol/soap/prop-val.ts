import { PamojaError } from '../../mapi/error.ts';
import type { PlainValue } from '../../mapi/plain-value.ts';
import type { Property, PropertyValue } from '../../mapi/property.ts';
import { type PropertyTag, PT, propertyType } from '../../mapi/property-tags.ts';
import type { Restriction } from '../../mapi/restriction.ts';
import type { RuleAction } from '../../mapi/rule-action.ts';
import type { Action, RestrictTable } from './interface.ts';
import { restrictionOf, restrictTableOf } from './restriction.ts';
import { actionsOf, ruleActionsOf } from './rule-action.ts';
import { SoapFault } from './soap-fault.ts';

/** A `propVal` as the interface transfers it: 64-bit integers and FILETIMEs are bigint. */
export interface PropVal {
  tag: PropertyTag;
  value: PlainValue | RestrictTable | Action[];
}

/** The property that a `propVal` carries. Throws a {@link SoapFault} for a restriction or a rule action that MAPI does not have. */
export function propertyOf({ tag, value }: PropVal): Property {
  const type = propertyType(tag);
  // Nearly all properties take this way; tables have thousands of them.
  if (type !== PT.RESTRICTION && type !== PT.ACTIONS) return { tag, value: value as PlainValue };
  try {
    return {
      tag,
      value: type === PT.RESTRICTION ? restrictionOf(value as RestrictTable) : ruleActionsOf(value as Action[]),
    };
  } catch (error) {
    if (PamojaError.is(error, 'INVALID_TYPE') || PamojaError.is(error, 'TOO_COMPLEX'))
      throw new SoapFault('Client', error.message);
    throw error;
  }
}

/** A value of a property type as its `propVal` transfers it. */
export function wireValueOf(type: number, value: PropertyValue): unknown {
  if (type === PT.RESTRICTION) return restrictTableOf(value as Restriction);
  return type === PT.ACTIONS ? actionsOf(value as RuleAction[]) : value;
}
