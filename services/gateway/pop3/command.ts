import type { Pop3Session } from './session.ts';

/** Carries out a command; `argument` is the rest of its line. Throws Pop3Error. */
export type Pop3Command = (session: Pop3Session, argument: string) => Promise<void> | void;
