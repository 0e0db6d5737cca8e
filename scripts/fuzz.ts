import { parseArgs } from 'node:util';
import { fuzzApi } from './fuzz/api.ts';
import { fuzzCalls } from './fuzz/calls.ts';
import { chance } from './fuzz/chance.ts';
import { fuzzExpressions } from './fuzz/expressions.ts';
import { fuzzImap } from './fuzz/imap.ts';
import { fuzzLinear } from './fuzz/linear.ts';
import { fuzzMime } from './fuzz/mime.ts';
import { fuzzSoap } from './fuzz/soap.ts';
import { fuzzTnef } from './fuzz/tnef.ts';

// Gives programs what they do not expect. Exits non-zero when one of them crashes, hangs or grows.

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const KINDS = {
  soap: fuzzSoap,
  calls: fuzzCalls,
  imap: fuzzImap,
  mime: fuzzMime,
  tnef: fuzzTnef,
  api: fuzzApi,
  linear: fuzzLinear,
  expressions: fuzzExpressions,
};
const kind = positionals[0] ?? '';
if (!(kind in KINDS)) throw new Error(`what to fuzz: ${Object.keys(KINDS).join(', ')}`);
const ok = await KINDS[kind as keyof typeof KINDS](flags.quick, chance(Number(flags.seed)));
process.exit(ok ? 0 : 1);
