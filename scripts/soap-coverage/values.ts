import type { Property } from '../../shared/mapi/property.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { SaveObject } from '../../shared/protocol/soap/interface.ts';

/** Subject or name of the objects that the checks make; no caller without the right may read it. */
export const SECRET = 'a secret subject';

let numbers = 0;

/** A number that has not been given before, for names that must be free. */
export const uniqueNumber = (): number => ++numbers;

export const property = (tag: number, value: Property['value']): Property => ({ tag, value });

/** An object as saveObject takes it: changed properties of a new one, or of the one with the server's id. */
export const object = (modProps: Property[], ulServerId = 0, ulObjType: number = OBJECT.MESSAGE): SaveObject => ({
  delProps: [],
  modProps,
  bDelete: false,
  ulClientId: 0,
  ulServerId,
  ulObjType,
});

const RES_CONTENT = 3;
/** FL_SUBSTRING | FL_IGNORECASE (MS-OXCDATA §2.12.4). */
const SUBSTRING_IGNORING_CASE = 0x10001;

/** A restriction to the rows whose subject contains a text, or with level 0 (FL_FULLSTRING) is the text. */
export const subjectContains = (value: string, ulFuzzyLevel = SUBSTRING_IGNORING_CASE) => ({
  ulType: RES_CONTENT,
  lpContent: { ulFuzzyLevel, ulPropTag: PR.SUBJECT, lpProp: property(PR.SUBJECT, value) },
});

/** The id in the answer to a request that had to succeed. */
export function created(id: Buffer | undefined, er = 0): Buffer {
  if (er !== 0 || !id) throw new Error(`an object that a check needs could not be made: 0x${er.toString(16)}`);
  return id;
}
