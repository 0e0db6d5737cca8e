import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { parseMultipart } from '../../services/store-server/multipart.ts';
import { collect } from '../../shared/platform/collect.ts';
import { decodeResponse } from '../../shared/protocol/soap/decode.ts';
import { type EncodedEnvelope, encodeRequest } from '../../shared/protocol/soap/encode.ts';
import type { OperationName, Requests, Responses } from '../../shared/protocol/soap/interface.ts';

/** Where a server is: a port of this machine, or a local socket. */
export type SoapAddress = { port: number; tls?: boolean } | { socketPath: string };

/** What a request carries besides the id of its session. */
export type RequestValues<Name extends OperationName> = Partial<
  Omit<Requests[Name], 'ulSessionId' | 'ecSessionId' | 'session-id'>
>;

export interface RawAnswer {
  status: number;
  type: string;
  /** In which the answer came; `body` is unpacked. */
  encoding: string | undefined;
  body: Buffer;
}

/** Kopano's own protocol from a client's end. Without a logon each call is on its own. */
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

  /** Calls an operation; the session is put in. */
  async call<Name extends OperationName>(name: Name, values: RequestValues<Name>): Promise<Responses[Name]> {
    const session = { ulSessionId: this.session, ecSessionId: this.session, 'session-id': this.session };
    const encoded = encodeRequest(name, { ...session, ...values });
    const { body, headers } = await packed(encoded);
    const answer = await this.post(body, headers);
    if (!answer.type.startsWith('multipart/')) return decodeResponse(name, answer.body) as Responses[Name];
    const { root, parts } = await parseMultipart(Readable.from([answer.body]), answer.type, answer.body.length);
    return decodeResponse(name, root, (id) => Readable.from([parts.get(id) ?? Buffer.alloc(0)])) as Responses[Name];
  }

  /** Sends bytes as they are. */
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

/** A request with what travels beside it (MTOM). */
async function packed({
  envelope,
  attachments,
}: EncodedEnvelope): Promise<{ body: string | Buffer; headers: Record<string, string> }> {
  if (attachments.length === 0) return { body: envelope, headers: {} };
  const boundary = `==${randomBytes(12).toString('hex')}==`;
  const head = (type: string, id: string) =>
    Buffer.from(`\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-ID: <${id}>\r\n\r\n`);
  const parts: Buffer[] = [
    head('application/xop+xml; charset=utf-8; type="text/xml"', 'envelope'),
    Buffer.from(envelope),
  ];
  for (const { id, source } of attachments)
    parts.push(head('application/binary', id.replace(/^<|>$/g, '')), await collect(source));
  parts.push(Buffer.from(`\r\n--${boundary}--`));
  const type = `multipart/related; boundary="${boundary}"; type="application/xop+xml"; start="<envelope>"; start-info="text/xml"`;
  return { body: Buffer.concat(parts), headers: { 'Content-Type': type } };
}

/** What a logon asks, as clients ask it. */
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
