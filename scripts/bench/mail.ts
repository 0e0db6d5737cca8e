import { startTemporaryStack } from '../local/temporary.ts';
import type { Figures } from './figures.ts';
import { mailload } from './mailload.ts';

const DOMAIN = 'bench.test';
const LISTED = 2000;

/** Mail in and its reading, driven by mailload.mjs. */
export async function benchMail(figures: Figures, quick: boolean): Promise<void> {
  const scale = quick ? 1 : 4;
  const stack = await startTemporaryStack({ options: { disable_plaintext_auth: 'no' } });
  try {
    await stack.tenant(DOMAIN, [...Array.from({ length: 10 }, (_, i) => `user${i + 1}`), 'lister', 'sleeper']);
    const lmtp = String(stack.port('lmtp', 'lmtp'));
    const imap = String(stack.port('gateway', 'imap'));

    const deliveries = async (
      figure: string,
      conns: number,
      count: number,
      size: number,
      aim?: number,
      more: string[] = [],
    ) => {
      const run = await mailload<{ per_s: number; p50: number; p99: number; errs: object }>(
        'lmtp',
        '--port',
        lmtp,
        '--domain',
        DOMAIN,
        '--conns',
        String(conns),
        '--count',
        String(count),
        '--size',
        String(size),
        ...more,
      );
      if (Object.keys(run.errs).length > 0) throw new Error(`${figure}: ${JSON.stringify(run.errs)}`);
      if (figure === 'warm-up') return;
      figures.report({
        figure,
        value: run.per_s,
        unit: 'messages/s',
        aim,
        met: aim === undefined ? undefined : run.per_s >= aim,
        p50: run.p50,
        p99: run.p99,
      });
    };
    const fetches = async (figure: string, what: string, aim?: number) => {
      const { runs } = await mailload<{ runs: { n: number; fetch_ms: number }[] }>(
        'fetch',
        '--port',
        imap,
        '--user',
        `lister@${DOMAIN}`,
        '--what',
        what,
        '--repeat',
        '5',
      );
      // The first is cold; the best of the rest is the one that the noise has touched least.
      const best = Math.min(...runs.slice(1).map((run) => run.fetch_ms));
      if (runs.some((run) => run.n !== LISTED)) throw new Error(`${figure}: ${runs[0]?.n} messages listed`);
      figures.report({ figure, value: best, unit: 'ms', aim, met: aim === undefined ? undefined : best <= aim });
    };

    await deliveries('warm-up', 4, 200, 4096);
    await deliveries('lmtp 4 KB, 1 connection', 1, 250 * scale, 4096);
    await deliveries('lmtp 4 KB, 4 connections', 4, 1000 * scale, 4096, 300);
    await deliveries('lmtp 4 KB, 16 connections', 16, 1500 * scale, 4096);
    await deliveries('lmtp 1 MB, 4 connections', 4, 25 * scale, 1_000_000);
    await deliveries('lmtp 4 KB to one mailbox, 16 connections', 16, LISTED, 4096, undefined, [
      '--one',
      `lister@${DOMAIN}`,
    ]);
    await fetches(`fetch FLAGS ENVELOPE of ${LISTED}, warm`, '(FLAGS ENVELOPE)', 60);
    await fetches(`fetch BODYSTRUCTURE of ${LISTED}, warm`, '(BODYSTRUCTURE)');
    await fetches(`fetch BODY.PEEK[] of ${LISTED}, warm`, '(BODY.PEEK[])');
    const wake = await mailload<{ p50: number; max: number }>(
      'idle',
      '--port',
      imap,
      '--lmtp',
      lmtp,
      '--user',
      'sleeper',
      '--login',
      `sleeper@${DOMAIN}`,
      '--domain',
      DOMAIN,
      '--count',
      '8',
    );
    figures.report({ figure: 'idle wake after the 250', value: wake.p50, unit: 'ms', p99: wake.max });
  } finally {
    await stack.stop();
  }
}
