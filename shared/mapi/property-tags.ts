/** A property tag: the property id in the upper 16 bits, the type in the lower 16 (MS-OXCDATA §2.9). */
export type PropertyTag = number;

export const PT = {
  UNSPECIFIED: 0x0000,
  SHORT: 0x0002,
  LONG: 0x0003,
  FLOAT: 0x0004,
  DOUBLE: 0x0005,
  CURRENCY: 0x0006,
  APPTIME: 0x0007,
  ERROR: 0x000a,
  BOOLEAN: 0x000b,
  OBJECT: 0x000d,
  LONGLONG: 0x0014,
  STRING8: 0x001e,
  UNICODE: 0x001f,
  SYSTIME: 0x0040,
  CLSID: 0x0048,
  RESTRICTION: 0x00fd,
  ACTIONS: 0x00fe,
  BINARY: 0x0102,
  MV_SHORT: 0x1002,
  MV_LONG: 0x1003,
  MV_FLOAT: 0x1004,
  MV_DOUBLE: 0x1005,
  MV_CURRENCY: 0x1006,
  MV_APPTIME: 0x1007,
  MV_LONGLONG: 0x1014,
  MV_STRING8: 0x101e,
  MV_UNICODE: 0x101f,
  MV_SYSTIME: 0x1040,
  MV_CLSID: 0x1048,
  MV_BINARY: 0x1102,
} as const;

/** The tags that this version of the store reads or writes, by MAPI's own names. */
export const PR = {
  IMPORTANCE: 0x00170003,
  MESSAGE_CLASS: 0x001a001f,
  ORIGINATOR_DELIVERY_REPORT_REQUESTED: 0x0023000b,
  PRIORITY: 0x00260003,
  READ_RECEIPT_REQUESTED: 0x0029000b,
  SENSITIVITY: 0x00360003,
  SUBJECT: 0x0037001f,
  CLIENT_SUBMIT_TIME: 0x00390040,
  SUBJECT_PREFIX: 0x003d001f,
  SENT_REPRESENTING_NAME: 0x0042001f,
  SENT_REPRESENTING_ADDRTYPE: 0x0064001f,
  SENT_REPRESENTING_EMAIL_ADDRESS: 0x0065001f,
  CONVERSATION_TOPIC: 0x0070001f,
  CONVERSATION_INDEX: 0x00710102,
  TRANSPORT_MESSAGE_HEADERS: 0x007d001f,
  SENDER_NAME: 0x0c1a001f,
  SENDER_ADDRTYPE: 0x0c1e001f,
  SENDER_EMAIL_ADDRESS: 0x0c1f001f,
  DISPLAY_BCC: 0x0e02001f,
  DISPLAY_CC: 0x0e03001f,
  DISPLAY_TO: 0x0e04001f,
  MESSAGE_DELIVERY_TIME: 0x0e060040,
  MESSAGE_FLAGS: 0x0e070003,
  MESSAGE_SIZE: 0x0e080003,
  HASATTACH: 0x0e1b000b,
  NORMALIZED_SUBJECT: 0x0e1d001f,
  INTERNET_MESSAGE_ID: 0x1035001f,
  INTERNET_REFERENCES: 0x1039001f,
  IN_REPLY_TO_ID: 0x1042001f,
  LIST_HELP: 0x1043001f,
  LIST_SUBSCRIBE: 0x1044001f,
  LIST_UNSUBSCRIBE: 0x1045001f,
  AUTO_RESPONSE_SUPPRESS: 0x3fdf0003,
} as const satisfies Record<string, PropertyTag>;

export const propertyType = (tag: PropertyTag): number => tag & 0xffff;

export const propertyId = (tag: PropertyTag): number => tag >>> 16;

/** The tag of a property as another type. */
export const withType = (tag: PropertyTag, type: number): PropertyTag => ((tag & 0xffff0000) | type) >>> 0;

/** A property of many values, or the instance of one of them in a table (MV_INSTANCE). */
export const isMultiValue = (tag: PropertyTag): boolean => (tag & 0x1000) !== 0;
