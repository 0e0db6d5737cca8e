/** How much of a request is decoded. */
export interface DecodeLimits {
  /** Bytes of an envelope. */
  size: number;
  /** Elements within each other. */
  depth: number;
  /** Elements in all. */
  elements: number;
  /** Characters of one value. */
  text: number;
}

/** What an answer may have, and a request that is not from the network. */
export const DEFAULT_LIMITS: DecodeLimits = {
  size: 256 * 1024 * 1024,
  depth: 128,
  elements: 2_000_000,
  text: 256 * 1024 * 1024,
};
