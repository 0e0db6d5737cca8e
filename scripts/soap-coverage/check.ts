import type { OperationName, Responses } from '../../shared/protocol/soap/interface.ts';
import type { RequestValues } from '../clients/soap-client.ts';
import type { Environment } from './environment.ts';

/** How one operation is checked. */
export interface Check<Name extends OperationName> {
  /** The caller who has the right; anna, whose store it is, unless stated. */
  as?: 'system';
  /** Makes the objects that the operation needs, and the request. */
  request(environment: Environment): Promise<RequestValues<Name>> | RequestValues<Name>;
  /** Whether the operation has done its work. */
  holds(answer: Responses[Name], values: RequestValues<Name>, environment: Environment): Promise<boolean> | boolean;
  /** Why a colleague without rights is not refused. */
  open?: string;
  /** Why an administrator of another company is not refused. */
  public?: string;
  /** Why the operation is not supported, which its answer says. */
  unsupported?: string;
}

/** The checks of a group of operations. */
export type Checks = { [Name in OperationName]?: Check<Name> };

/** A check of every operation; a missing one does not compile. */
export type AllChecks = { [Name in OperationName]: Check<Name> };

export const EVERYBODY = 'every user has sessions';
export const IN_ADDRESS_BOOK = 'colleagues are in the address book';
export const ABOUT_CALLER = 'the answer is about the caller';
