import { startTemporaryStack } from '../local/temporary.ts';
import type { Figures } from './figures.ts';
import { mailload } from './mailload.ts';

const DOMAIN = 'bench.test';
const LISTED = 2000;
const KB4 = 4096;
const MB = 1_000_000;

/** Ports of the stack, and where the figures go. */
interface Bench {
  figures: Figures;
  lmtp: string;
  imap: string;
}

/** One figure of deliveries; without a name it is a warm-up, which is not reported. */
interface Load {
  figure?: string;
  connections: number;
  count: number;
  size: number;
  /** Messages a second that are aimed at. */
  aim?: number;
  /** Address of the one recipient; otherwise the users of the domain in turns. */
  recipient?: string;
}

/** Delivery over LMTP, FETCH and IDLE, driven by mailload.mjs. */
export async function benchMail(figures: Figures, quick: boolean): Promise<void> {
  const scale = quick ? 1 : 4;
  const stack = await startTemporaryStack({ options: { disable_plaintext_auth: 'no' } });
  try {
    await stack.tenant(DOMAIN, [...Array.from({ length: 10 }, (_, i) => `user${i + 1}`), 'lister', 'sleeper']);
    const bench = { figures, lmtp: String(stack.port('lmtp', 'lmtp')), imap: String(stack.port('gateway', 'imap')) };
    for (const load of loads(scale)) await deliver(bench, load);
    await fetchAll(bench, `fetch FLAGS ENVELOPE of ${LISTED}, warm`, '(FLAGS ENVELOPE)', 60);
    await fetchAll(bench, `fetch BODYSTRUCTURE of ${LISTED}, warm`, '(BODYSTRUCTURE)');
    await fetchAll(bench, `fetch BODY.PEEK[] of ${LISTED}, warm`, '(BODY.PEEK[])');
    await wake(bench);
  } finally {
    await stack.stop();
  }
}

const loads = (scale: number): Load[] => [
  { connections: 4, count: 200, size: KB4 },
  { figure: 'lmtp 4 KB, 1 connection', connections: 1, count: 250 * scale, size: KB4 },
  { figure: 'lmtp 4 KB, 4 connections', connections: 4, count: 1000 * scale, size: KB4, aim: 300 },
  { figure: 'lmtp 4 KB, 16 connections', connections: 16, count: 1500 * scale, size: KB4 },
  { figure: 'lmtp 1 MB, 4 connections', connections: 4, count: 25 * scale, size: MB },
  {
    figure: 'lmtp 4 KB to one mailbox, 16 connections',
    connections: 16,
    count: LISTED,
    size: KB4,
    recipient: `lister@${DOMAIN}`,
  },
];

async function deliver({ figures, lmtp }: Bench, load: Load): Promise<void> {
  const { figure, connections, count, size, aim, recipient } = load;
  const run = await mailload<{ per_s: number; p50: number; p99: number; errs: object }>(
    'lmtp',
    ...['--port', lmtp, '--domain', DOMAIN, '--conns', String(connections)],
    ...['--count', String(count), '--size', String(size)],
    ...(recipient === undefined ? [] : ['--one', recipient]),
  );
  if (Object.keys(run.errs).length > 0) throw new Error(`${figure ?? 'warm-up'}: ${JSON.stringify(run.errs)}`);
  if (figure === undefined) return;
  const { per_s: value, p50, p99 } = run;
  figures.report({
    figure,
    value,
    unit: 'messages/s',
    aim,
    met: aim === undefined ? undefined : value >= aim,
    p50,
    p99,
  });
}

async function fetchAll({ figures, imap }: Bench, figure: string, items: string, aim?: number): Promise<void> {
  const { runs } = await mailload<{ runs: { n: number; fetch_ms: number }[] }>(
    'fetch',
    ...['--port', imap, '--user', `lister@${DOMAIN}`, '--what', items, '--repeat', '5'],
  );
  // The first run is cold; of the others, the fastest is the least disturbed by other work of the machine.
  const best = Math.min(...runs.slice(1).map((run) => run.fetch_ms));
  if (runs.some((run) => run.n !== LISTED)) throw new Error(`${figure}: ${runs[0]?.n} messages listed`);
  figures.report({ figure, value: best, unit: 'ms', aim, met: aim === undefined ? undefined : best <= aim });
}

async function wake({ figures, lmtp, imap }: Bench): Promise<void> {
  const { p50, max } = await mailload<{ p50: number; max: number }>(
    'idle',
    ...['--port', imap, '--lmtp', lmtp, '--user', 'sleeper', '--login', `sleeper@${DOMAIN}`],
    ...['--domain', DOMAIN, '--count', '8'],
  );
  figures.report({ figure: 'idle wake after the 250', value: p50, unit: 'ms', p99: max });
}
