import { parseArgs } from 'node:util';
import { fuzzApi } from './fuzz/api.ts';
import { fuzzExpressions } from './fuzz/expressions.ts';
import { fuzzImap } from './fuzz/imap.ts';
import { fuzzLinear } from './fuzz/linear.ts';
import { fuzzMime } from './fuzz/mime.ts';
import { seededRandom } from './fuzz/seeded-random.ts';
import { fuzzSoap } from './fuzz/soap.ts';
import { fuzzSoapCalls } from './fuzz/soap-calls.ts';
import { fuzzTnef } from './fuzz/tnef.ts';

// Gives changed and random input to parsers and servers. Exits non-zero when one of them crashes, hangs or grows.

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const KINDS = {
  soap: fuzzSoap,
  calls: fuzzSoapCalls,
  imap: fuzzImap,
  mime: fuzzMime,
  tnef: fuzzTnef,
  api: fuzzApi,
  linear: fuzzLinear,
  expressions: fuzzExpressions,
};
const kind = positionals[0] ?? '';
if (!(kind in KINDS)) throw new Error(`what to fuzz: ${Object.keys(KINDS).join(', ')}`);
const ok = await KINDS[kind as keyof typeof KINDS](flags.quick, seededRandom(Number(flags.seed)));
process.exit(ok ? 0 : 1);
