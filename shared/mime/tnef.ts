import type { PropertyValue } from '../mapi/property.ts';
import type { MapiObject } from '../mapi/property-document.ts';
import { PR, propertyId } from '../mapi/property-tags.ts';

// TNEF (MS-OXTNEF): the properties of a message in one attachment, which is usually called winmail.dat.

/** The first four bytes of a stream. */
export const SIGNATURE = 0x223e9f78;

/** Attributes of a stream (MS-OXTNEF §2.1.3.2). */
export const ATTRIBUTE = {
  RENDER_DATA: 0x00069002,
  MESSAGE_PROPERTIES: 0x00069003,
  RECIPIENTS: 0x00069004,
  ATTACHMENT: 0x00069005,
  OEM_CODE_PAGE: 0x00069007,
  VERSION: 0x00089006,
  ATTACH_DATA: 0x0006800f,
  MESSAGE_CLASS: 0x00078008,
  BODY: 0x0002800c,
  SUBJECT: 0x00018004,
  ATTACH_TITLE: 0x00018010,
} as const;

/** The id of PR_ATTACH_DATA_OBJ: a message, or an OLE storage. */
export const ATTACH_DATA_OBJECT_ID = propertyId(PR.ATTACH_DATA_OBJ);

/** {00020307-0000-0000-C000-000000000046} (IID_IMessage) as its bytes are in a stream. */
export const IID_MESSAGE = Buffer.from('0703020000000000c000000000000046', 'hex');

/** A property that has a name; each store gives it an id of its own. */
export interface NamedValue {
  guid: Buffer;
  /** A number (MNID_ID) or a text (MNID_STRING). */
  name: number | string;
  type: number;
  value: PropertyValue;
}

/** The name of a property by the id that a store has given it; undefined for an id without a name. */
export type NameOf = (id: number) => Pick<NamedValue, 'guid' | 'name'> | undefined;

/** A message that was read from TNEF. */
export interface TnefMessage {
  /** Properties, recipients, and attachments with their data. */
  object: MapiObject;
  named: NamedValue[];
}

/** The bytes are no TNEF stream, or are damaged before anything was read. */
export class TnefError extends Error {}
