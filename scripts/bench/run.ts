import { parseArgs } from 'node:util';
import { benchDovecot } from './dovecot.ts';
import { Figures } from './figures.ts';
import { benchMail } from './mail.ts';
import { benchProvider } from './provider.ts';
import { benchSearch } from './search.ts';
import { benchSequences } from './soap/sequences.ts';
import { benchSoap } from './soap.ts';

// Prints a line of JSON for each figure; --table prints them for reading. Exits non-zero when a figure misses its aim. The machine is
// noisy: compare figures of one run only.

const BENCHES = {
  mail: benchMail,
  provider: benchProvider,
  soap: benchSoap,
  dovecot: benchDovecot,
  search: benchSearch,
};
/** Benchmarks that are part of another. */
const PARTS = { 'soap-sequences': benchSequences };

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, table: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const figures = new Figures(values.table);
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  const bench = { ...BENCHES, ...PARTS }[name];
  if (!bench) throw new Error(`no benchmark ${name}; there are ${Object.keys({ ...BENCHES, ...PARTS }).join(', ')}`);
  await bench(figures, values.quick);
}
process.exit(figures.end() ? 0 : 1);
