/** Runs a piece of synchronous work, possibly within a time limit; an exception ends work that exceeds it. */
export type WorkRunner = <T>(work: () => T) => T;

/** Runs work without a limit. */
export const runUnlimited: WorkRunner = (work) => work();
