/** Does a piece of synchronous work, perhaps within a limit of time, which ends by an exception. */
export type Run = <T>(work: () => T) => T;

export const atOnce: Run = (work) => work();
