/** System errors of a connection that the other side has closed or reset. */
const LOST: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** For `catch`: gives nothing when the server has cut the connection, and lets every other error through. */
export function ignoreLostConnection(error: unknown): undefined {
  if (!LOST.has((error as { code?: unknown }).code)) throw error;
  return undefined;
}
