import { startTemporaryStack } from '../local/temporary.ts';
import { startDovecot } from './dovecot-server.ts';
import type { Figures } from './figures.ts';
import { mailload } from './mailload.ts';

const DOMAIN = 'bench.test';
const ROUNDS = 3;

/** Ports of a server for mail. */
interface Server {
  lmtp: number;
  imap: number;
}

/** The same load on this system and on Dovecot, the two in turns; a ratio above one says that this one is faster. */
export async function benchDovecot(figures: Figures, quick: boolean): Promise<void> {
  const scale = quick ? 1 : 4;
  const listed = quick ? 2000 : 20_000;
  const stack = await startTemporaryStack({ options: { disable_plaintext_auth: 'no' } });
  const dovecot = await startDovecot().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  try {
    const users = Array.from({ length: 10 }, (_, i) => `user${i + 1}`);
    await stack.tenant(DOMAIN, [...users, 'lister']);
    const ours: Server = { lmtp: stack.port('lmtp', 'lmtp'), imap: stack.port('gateway', 'imap') };
    const servers = [ours, dovecot] as const;

    /** `measure` gives a rate; of times it is their inverse. */
    const compare = async (
      figure: string,
      measure: (server: Server) => Promise<number>,
      aim: number,
    ): Promise<void> => {
      const rates: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++)
        for (const [i, server] of servers.entries()) rates[i as 0 | 1].push(await measure(server));
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
    const deliver = (conns: number, count: number, size: number, one?: string) => async (server: Server) => {
      const run = await mailload<{ per_s: number; errs: object }>(
        'lmtp',
        ...['--port', String(server.lmtp), '--domain', DOMAIN, '--conns', String(conns), '--count', String(count)],
        ...['--size', String(size), ...(one ? ['--one', one] : [])],
      );
      if (Object.keys(run.errs).length > 0) throw new Error(`LMTP: ${JSON.stringify(run.errs)}`);
      return run.per_s;
    };
    type Times = { n: number; fetch_ms: number; select_ms: number };
    const fetch = (what: string, key: 'fetch_ms' | 'select_ms') => async (server: Server) => {
      const { runs } = await mailload<{ runs: Times[] }>(
        'fetch',
        ...['--port', String(server.imap), '--user', `lister@${DOMAIN}`, '--what', what, '--repeat', '4'],
      );
      if (runs.some(({ n }) => n !== listed)) throw new Error(`${runs[0]?.n} messages listed, not ${listed}`);
      // The first is cold; the best of the rest is the one that the noise has touched least.
      return 1 / Math.max(Math.min(...runs.slice(1).map((run) => run[key])), 0.1);
    };

    for (const server of servers) {
      await deliver(4, 200, 4096)(server);
      await deliver(8, listed, 4096, `lister@${DOMAIN}`)(server);
    }
    await compare('lmtp 4 KB, 1 connection', deliver(1, 150 * scale, 4096), 1);
    await compare('lmtp 4 KB, 4 connections', deliver(4, 400 * scale, 4096), 1);
    await compare('lmtp 4 KB, 16 connections', deliver(16, 800 * scale, 4096), 1);
    await compare('lmtp 1 MB, 4 connections', deliver(4, 15 * scale, 1_000_000), 1);
    await compare(`select of ${listed}, warm`, fetch('(UID)', 'select_ms'), 1);
    await compare(`fetch FLAGS of ${listed}, warm`, fetch('(FLAGS)', 'fetch_ms'), 1);
    await compare(`fetch FLAGS ENVELOPE of ${listed}, warm`, fetch('(FLAGS ENVELOPE)', 'fetch_ms'), 1);
    await compare(`fetch BODY.PEEK[] of ${listed}, warm`, fetch('(BODY.PEEK[])', 'fetch_ms'), 1);
  } finally {
    await dovecot.stop();
    await stack.stop();
  }
}
