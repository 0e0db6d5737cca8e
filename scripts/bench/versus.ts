import type { Figures } from './figures.ts';

const ROUNDS = 3;

/** Ports of a server for mail. */
export interface Server {
  lmtp: number;
  imap: number;
}

/** What this system is compared with. */
export interface Rival extends Server {
  version: string;
}

/**
 * Measures a rate (of times their inverse) on this system and on Dovecot, the two in turns, and reports the ratio of the medians: one above
 * one says that this system is faster.
 */
export const versus =
  (figures: Figures, ours: Server, dovecot: Rival) =>
  async (figure: string, measure: (server: Server) => Promise<number>, aim: number): Promise<void> => {
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, server] of [ours, dovecot].entries()) rates[i as 0 | 1].push(await measure(server));
    const [mine, theirs] = rates.map((list) => list.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0) as [
      number,
      number,
    ];
    const value = Number((mine / theirs).toFixed(2));
    figures.report({
      figure: `${figure}, to Dovecot ${dovecot.version}`,
      value,
      unit: 'ratio',
      aim,
      met: value >= aim,
    });
  };
