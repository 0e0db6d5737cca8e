import { decodeRequest } from '../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { SoapFault } from '../../shared/protocol/soap/soap-fault.ts';
import { readTranscripts, recordedEnvelope } from '../transcripts.ts';
import { FaultCounter } from './fault-counter.ts';
import { type Change, mutator } from './mutate.ts';
import type { SeededRandom } from './seeded-random.ts';

// Reads envelopes that are not what they should be: recorded requests with bytes, tags, lengths and values changed. Each must be decoded
// or be answered with a fault; nothing else may be thrown, none may hold the thread longer than 100 ms, and none may leave memory behind.

const LARGEST = 64 * 1024;

const SCALARS = [
  '',
  '0',
  '-1',
  '4294967296',
  '18446744073709551616',
  '1e400',
  'NaN',
  'x',
  '////',
  '=',
  '\u0000',
  'true',
];
const PIECES = [
  '<!DOCTYPE x [<!ENTITY y "z">]>',
  '&y;',
  '&#0;',
  '&#x10FFFF;',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<?xml version="1.0"?>',
  '<?x?>',
  '<item>',
  '</item>',
  ' xsi:nil="true"',
  ' SOAP-ENC:arrayType="ns:propVal[99999999]"',
  '<xop:Include href="cid:1"/>',
  '<a>'.repeat(300),
  'A'.repeat(5000),
];

/** Changes of the XML of an envelope. */
const changesOfXml = ({ pick }: SeededRandom): Change[] => [
  function changeScalar(bytes) {
    const text = bytes.toString('latin1');
    const scalars = [...text.matchAll(/>([^<]+)</g)];
    const found = pick(scalars);
    if (!found) return bytes;
    const from = found.index + 1;
    return Buffer.from(text.slice(0, from) + pick(SCALARS) + text.slice(from + (found[1] ?? '').length), 'latin1');
  },
  function dropElement(bytes) {
    const text = bytes.toString('latin1');
    const found = pick([...text.matchAll(/<(\w+)>[^<]*<\/\1>/g)]);
    return found
      ? Buffer.from(text.slice(0, found.index) + text.slice(found.index + found[0].length), 'latin1')
      : bytes;
  },
  function swapTags(bytes) {
    const text = bytes.toString('latin1');
    const names = [...text.matchAll(/<(\w+)/g)].map((match) => match[1] ?? '');
    const [a, b] = [pick(names), pick(names)];
    return Buffer.from(text.replaceAll(`<${a}>`, `<${b}>`).replaceAll(`</${a}>`, `</${b}>`), 'latin1');
  },
];

/** Whether all went well. */
export async function fuzzSoap(quick: boolean, random: SeededRandom): Promise<boolean> {
  const requests = readTranscripts()
    .map(({ request }) => recordedEnvelope(request))
    .filter((bytes) => bytes.length <= LARGEST);
  for (const bytes of requests) decodeRequest(bytes);
  const watch = new FaultCounter('soap');
  const change = mutator(random, PIECES, requests, changesOfXml(random));
  for (let i = 0; i < (quick ? 50_000 : 200_000); i++) {
    const input = change(random.pick(requests));
    const work = () => {
      const request = decodeRequest(input);
      // An accepted request can be encoded again, which proves that each value has its type.
      encodeRequest(request.name, request.values);
    };
    await watch.try(input, work, (error) => error instanceof SoapFault);
  }
  return watch.end();
}
