import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { decodeResponse } from '../../shared/protocol/soap/decode.ts';
import { type EncodedEnvelope, encodeRequest } from '../../shared/protocol/soap/encode.ts';
import type { OperationName, Requests, Responses } from '../../shared/protocol/soap/interface.ts';
import { multipartType, parseMultipart, writeMultipart } from '../../shared/protocol/soap/multipart.ts';

/** Address of a server: a port of this machine, or a local socket. */
export type SoapAddress = { port: number; tls?: boolean } | { socketPath: string };

/** The values of a request besides the id of its session. */
export type RequestValues<Name extends OperationName> = Partial<
  Omit<Requests[Name], 'ulSessionId' | 'ecSessionId' | 'session-id'>
>;

export interface RawAnswer {
  status: number;
  type: string;
  /** Content-Encoding of the answer; `body` is decoded. */
  encoding: string | undefined;
  body: Buffer;
}

/** A client of the SOAP interface. Calls before a logon have no session. */
export class SoapClient {
  readonly address: SoapAddress;
  session = 0n;

  constructor(address: SoapAddress) {
    this.address = address;
  }

  /** Logs on; throws when the server refuses. */
  static async logon(address: SoapAddress, user: string, password = ''): Promise<SoapClient> {
    const client = new SoapClient(address);
    const { er, ulSessionId } = await client.call('logon', logonRequest(user, password));
    if (er !== 0 || ulSessionId === undefined) throw new Error(`logon of ${user} failed: 0x${(er ?? 0).toString(16)}`);
    client.session = ulSessionId;
    return client;
  }

  /** Calls an operation in the client's session. */
  async call<Name extends OperationName>(name: Name, values: RequestValues<Name>): Promise<Responses[Name]> {
    const session = { ulSessionId: this.session, ecSessionId: this.session, 'session-id': this.session };
    const encoded = encodeRequest(name, { ...session, ...values });
    const { body, headers } = await bodyOf(encoded);
    const answer = await this.post(body, headers);
    if (!answer.type.startsWith('multipart/')) return decodeResponse(name, answer.body) as Responses[Name];
    const { root, parts } = await parseMultipart(Readable.from([answer.body]), answer.type, answer.body.length);
    return decodeResponse(name, root, (id) => Readable.from([parts.get(id) ?? Buffer.alloc(0)])) as Responses[Name];
  }

  /** Posts a body as it is. */
  post(body: string | Buffer, headers: Record<string, string> = {}): Promise<RawAnswer> {
    const secure = 'tls' in this.address && this.address.tls;
    const request = secure ? httpsRequest : httpRequest;
    const target = 'socketPath' in this.address ? this.address : { host: '127.0.0.1', port: this.address.port };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...target,
          method: 'POST',
          path: '/',
          rejectUnauthorized: false,
          headers: { 'Content-Type': 'text/xml; charset=utf-8', ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const all = Buffer.concat(chunks);
            const zipped = response.headers['content-encoding'] === 'gzip';
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'] ?? '',
              encoding: response.headers['content-encoding'],
              body: zipped ? gunzipSync(all) : all,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** The body of a request; a multipart when it has binary values (MTOM). */
async function bodyOf(encoded: EncodedEnvelope): Promise<{ body: string | Buffer; headers: Record<string, string> }> {
  if (encoded.attachments.length === 0) return { body: encoded.envelope, headers: {} };
  const boundary = `==${randomBytes(12).toString('hex')}==`;
  const chunks: Buffer[] = [];
  for await (const chunk of writeMultipart(encoded, boundary)) chunks.push(Buffer.from(chunk));
  return { body: Buffer.concat(chunks), headers: { 'Content-Type': multipartType(boundary) } };
}

/** A logon request as Kopano's clients send it. */
export const logonRequest = (user: string, password: string): Omit<Requests['logon'], never> => ({
  szUsername: user,
  szPassword: password,
  szImpersonateUser: '',
  szVersion: '11.0.2',
  ulCapabilities: 59218,
  ulFlags: 0,
  ullSessionGroup: 0n,
  szClientApp: 'pamoja',
  szClientAppVersion: '',
  szClientAppMisc: '',
});

/** The envelope of an answer, which may be the first part of a multipart. */
export function envelopeOf(body: Buffer): Buffer {
  const start = body.indexOf('<?xml');
  const end = body.indexOf('</SOAP-ENV:Envelope>');
  return start > 0 && end > start ? body.subarray(start, end + '</SOAP-ENV:Envelope>'.length) : body;
}
