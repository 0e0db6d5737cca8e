import type { Figures } from './figures.ts';
import { benchSequences } from './soap/sequences.ts';
import { benchCalls } from './soap/single-calls.ts';

/** The SOAP interface: single calls, and the sequences of calls that a client makes for an action of a user. */
export async function benchSoap(figures: Figures, quick: boolean): Promise<void> {
  await benchSequences(figures, quick);
  await benchCalls(figures, quick);
}
