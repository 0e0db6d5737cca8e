import { createHmac, randomBytes } from 'node:crypto';

// The id of a session: 63 bits that nobody can guess, which still say which task made it (docs/decisions/0021-session-ids.md).
// 39 bits are random; the other 24 are their digest under the secret of the task. Without that secret all of them are as good as random.

const RANDOM_BYTES = 5;
const RANDOM_BITS = 39;
const MARK_BYTES = 3;

const markOf = (secret: Buffer, random: bigint): number => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(random);
  return createHmac('sha256', secret).update('session').update(bytes).digest().readUIntBE(0, MARK_BYTES);
};

/** A new id of the task that has this secret: positive also for clients that hold it as a signed number, never 0. */
export function makeSessionId(secret: Buffer): bigint {
  const random = BigInt.asUintN(RANDOM_BITS, BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`));
  const id = (random << BigInt(8 * MARK_BYTES)) | BigInt(markOf(secret, random));
  return id === 0n ? makeSessionId(secret) : id;
}

/** Whether the task with this secret may have made the id; wrong for one foreign id in 16 million. */
export function isSessionIdOf(secret: Buffer, id: bigint): boolean {
  const unsigned = BigInt.asUintN(64, id);
  const random = unsigned >> BigInt(8 * MARK_BYTES);
  return random >> BigInt(RANDOM_BITS) === 0n && Number(unsigned & 0xffffffn) === markOf(secret, random);
}
