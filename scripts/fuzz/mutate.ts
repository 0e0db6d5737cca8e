import type { SeededRandom } from './seeded-random.ts';

export type Change = (bytes: Buffer) => Buffer;

/** Changes of bytes for every parser, and `own` ones for this parser; `pieces` are tokens of its grammar. */
export function mutator(
  { random, pick }: SeededRandom,
  pieces: readonly string[],
  others: readonly Buffer[],
  own: readonly Change[] = [],
): Change {
  const changes: Change[] = [
    ...own,
    function changeBytes(bytes) {
      const copy = Buffer.from(bytes);
      for (let i = 0; i <= random(4) && copy.length > 0; i++) copy[random(copy.length)] = random(256);
      return copy;
    },
    (bytes) => bytes.subarray(0, random(bytes.length + 1)),
    function dropPart(bytes) {
      const from = random(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random(40))]);
    },
    function repeatPart(bytes) {
      const [from, length] = [random(bytes.length + 1), random(200)];
      const part = bytes.subarray(from, from + length);
      const times = Array.from({ length: 1 + random(20) }, () => part);
      return Buffer.concat([bytes.subarray(0, from), ...times, bytes.subarray(from)]);
    },
    function insertPiece(bytes) {
      const at = random(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(pieces), 'latin1'), bytes.subarray(at)]);
    },
    function splice(bytes) {
      const other = pick(others);
      return Buffer.concat([bytes.subarray(0, random(bytes.length + 1)), other.subarray(random(other.length + 1))]);
    },
  ];
  return (bytes: Buffer): Buffer => {
    let changed = bytes;
    for (let times = 0; times <= random(3); times++) changed = pick(changes)(changed);
    return changed;
  };
}
