/** The limits of decoding an envelope. */
export interface DecodeLimits {
  /** Bytes of an envelope. */
  size: number;
  /** Nesting depth of elements. */
  depth: number;
  /** Number of elements. */
  elements: number;
  /** Characters of one value. */
  text: number;
}

/** The limits of responses, and of requests that do not come from the network. */
export const DEFAULT_LIMITS: DecodeLimits = {
  size: 256 * 1024 * 1024,
  depth: 128,
  elements: 2_000_000,
  text: 256 * 1024 * 1024,
};
