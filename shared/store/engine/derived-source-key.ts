const LOCAL_ID = Buffer.alloc(6);

/** The source key of an object that came with none of its own: its GUID and six bytes (MS-OXCFXICS §2.2.2). */
export const derivedSourceKey = (guid: Buffer): Buffer => Buffer.concat([guid, LOCAL_ID]);

/** The GUID that a derived source key was made of; undefined for one that a client gave. */
export const guidOfSourceKey = (key: Buffer): Buffer | undefined =>
  key.length === 22 && key.subarray(16).equals(LOCAL_ID) ? key.subarray(0, 16) : undefined;
