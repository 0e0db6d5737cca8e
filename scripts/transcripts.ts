import { readdirSync, readFileSync } from 'node:fs';
import type { OperationName } from '../shared/protocol/soap/interface.ts';

const FOLDER = 'test/fixtures/soap';

/** A recorded request of a real client and the answer of a real server. Bodies are XML with one character for each byte. */
export interface Exchange {
  /** The two digits that the file begins with. */
  file: string;
  line: number;
  op: OperationName;
  request: string;
  response: string;
  responseType?: string;
}

const OPEN =
  '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xop="http://www.w3.org/2004/08/xop/include" xmlns:ns="urn:zarafa"><SOAP-ENV:Body>';
const CLOSE = '</SOAP-ENV:Body></SOAP-ENV:Envelope>';

/** The envelope of a recorded body. */
export const recordedEnvelope = (body: string): Buffer =>
  Buffer.concat([Buffer.from(OPEN), Buffer.from(body, 'latin1'), Buffer.from(CLOSE)]);

/** The recorded exchanges of the files whose names contain `only`, in order. */
export const readTranscripts = (only = ''): Exchange[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.jsonl') && file.includes(only))
    .sort()
    .flatMap((file) =>
      readFileSync(`${FOLDER}/${file}`, 'utf8')
        .trim()
        .split('\n')
        .map((line, i) => ({
          file: file.slice(0, 2),
          line: i + 1,
          ...(JSON.parse(line) as Omit<Exchange, 'file' | 'line'>),
        })),
    );
