import type { Figures } from './figures.ts';
import { benchSequences } from './soap/sequences.ts';
import { benchCalls } from './soap/single-calls.ts';

/** Kopano's own protocol: single calls, and the calls that a client makes for what a user does. */
export async function benchSoap(figures: Figures, quick: boolean): Promise<void> {
  await benchSequences(figures, quick);
  await benchCalls(figures, quick);
}
