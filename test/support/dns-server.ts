import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/** A name server on the loopback interface that has TXT records and nothing else. */
export interface TestDns {
  /** `address:port` */
  address: string;
  /** TXT records by name; other names do not exist. */
  txt: Map<string, string[]>;
  stop(): void;
}

const TXT = 16;
const NXDOMAIN = 3;

export async function startDns(): Promise<TestDns> {
  const txt = new Map<string, string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, question } = readQuestion(query);
    const records = txt.get(name);
    const answers = type === TXT ? (records ?? []) : [];
    const header = Buffer.from(query.subarray(0, 12));
    // RFC 1035 §4.1.1: an answer (QR) with authority (AA), recursion as it was asked for, and the code.
    header.writeUInt16BE(0x8480 | (query.readUInt16BE(2) & 0x0100) | (records ? 0 : NXDOMAIN), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([header, question, ...answers.map(txtRecord)]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, txt, stop: () => void socket.close() };
}

/** RFC 1035 §4.1.2 */
function readQuestion(query: Buffer): { name: string; type: number; question: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5),
  };
}

/** RFC 1035 §3.3.14: strings of at most 255 bytes. The name is that of the question. */
function txtRecord(text: string): Buffer {
  const strings = text.match(/.{1,255}/gs) ?? [''];
  const data = Buffer.concat(strings.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])));
  const head = Buffer.from([0xc0, 12, 0, TXT, 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
