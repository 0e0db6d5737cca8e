import { decodeRequest, SoapFault } from '../../shared/protocol/soap/decode.ts';
import { encodeRequest } from '../../shared/protocol/soap/encode.ts';
import { readTranscripts, recordedEnvelope } from '../transcripts.ts';
import type { Chance } from './chance.ts';

// Reads envelopes that are not what they should be: recorded requests with bytes, tags, lengths and values changed. Each must be decoded
// or be answered with a fault; nothing else may be thrown, none may hold the thread longer than 100 ms, and none may leave memory behind.

const LONGEST_MS = 100;
const HEAP_GROWTH = 64 * 1024 * 1024;
const LARGEST = 64 * 1024;

const requests = readTranscripts()
  .map(({ request }) => recordedEnvelope(request))
  .filter((bytes) => bytes.length <= LARGEST);

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

const mutations = ({ random, pick }: Chance): ((bytes: Buffer) => Buffer)[] => [
  function changeByte(bytes) {
    const copy = Buffer.from(bytes);
    for (let i = 0; i <= random(4); i++) copy[random(copy.length)] = random(256);
    return copy;
  },
  function cut(bytes) {
    return bytes.subarray(0, random(bytes.length));
  },
  function dropPart(bytes) {
    const from = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random(40))]);
  },
  function repeatPart(bytes) {
    const [from, length] = [random(bytes.length), random(200)];
    const part = bytes.subarray(from, from + length);
    return Buffer.concat([
      bytes.subarray(0, from),
      ...Array.from({ length: 1 + random(20) }, () => part),
      bytes.subarray(from),
    ]);
  },
  function insertPiece(bytes) {
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(PIECES)), bytes.subarray(at)]);
  },
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
  function splice(bytes) {
    const other = pick(requests);
    return Buffer.concat([bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length))]);
  },
];

/** Whether all went well. */
export async function fuzzSoap(quick: boolean, chance: Chance): Promise<boolean> {
  const { random, pick } = chance;
  const change = mutations(chance);
  const count = quick ? 50_000 : 200_000;
  let decoded = 0;
  let faults = 0;
  let crashes = 0;
  let hangs = 0;
  let longest = 0;
  const settle = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  for (const bytes of requests) decodeRequest(bytes);
  const before = settle();
  let heap = before;
  for (let i = 0; i < count; i++) {
    let bytes = pick(requests);
    for (let times = 0; times <= random(3); times++) bytes = pick(change)(bytes);
    const began = performance.now();
    try {
      const request = decodeRequest(bytes);
      // What was accepted can be written again, so every value is what its type says.
      encodeRequest(request.name, request.values as never);
      decoded++;
    } catch (error) {
      if (error instanceof SoapFault) faults++;
      else if (crashes++ < 10)
        console.log(
          `crash: ${error instanceof Error ? error.stack : error}\n${bytes.toString('latin1').slice(0, 2000)}`,
        );
    }
    const took = performance.now() - began;
    longest = Math.max(longest, took);
    if (took > LONGEST_MS && hangs++ < 10) console.log(`hang: ${took.toFixed(0)} ms for ${bytes.length} bytes`);
    if (i % 10_000 === 9_999) heap = Math.max(heap, settle());
  }
  const grown = Math.round((heap - before) / 1024 / 1024);
  if (heap - before > HEAP_GROWTH) crashes++;
  console.log(
    `fuzz soap: ${count} envelopes, ${decoded} decoded, ${faults} faults, ${crashes} crashes, ${hangs} hangs; longest ${longest.toFixed(1)} ms, heap grew ${grown} MB`,
  );
  return crashes + hangs === 0;
}
