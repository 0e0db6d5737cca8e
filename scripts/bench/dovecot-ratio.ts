import type { Figures } from './figures.ts';

const ROUNDS = 3;

/** Ports of a mail server. */
export interface Server {
  lmtp: number;
  imap: number;
}

/** The server that this system is compared with. */
export interface Rival extends Server {
  version: string;
}

/**
 * Measures a rate (for times: the inverse) on this system and on Dovecot in turns, and reports the ratio of the medians. Above 1, this system is
 * faster.
 */
export const ratioToDovecot =
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
