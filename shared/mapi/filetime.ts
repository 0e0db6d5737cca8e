/** Milliseconds between 1601-01-01 and 1970-01-01, both UTC. */
const EPOCH_DIFFERENCE_MS = 11_644_473_600_000n;

/** Milliseconds since 1970 (UTC) as FILETIME: 100 ns since 1601 (UTC). */
export const toFileTime = (ms: number): bigint => (BigInt(Math.trunc(ms)) + EPOCH_DIFFERENCE_MS) * 10_000n;

/** FILETIME as milliseconds since 1970 (UTC). */
export const fromFileTime = (fileTime: bigint): number => Number(fileTime / 10_000n - EPOCH_DIFFERENCE_MS);
