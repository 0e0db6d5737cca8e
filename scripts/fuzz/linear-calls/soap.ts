import * as html from '../../../shared/mime/html-text.ts';
import { readMessageStream, writeMessageStream } from '../../../shared/protocol/message-stream.ts';
import { decodeRequest, decodeResponse, requestOf } from '../../../shared/protocol/soap/decode.ts';
import { encodeFault, encodeRequest, encodeResponse } from '../../../shared/protocol/soap/encode.ts';
import { EnvelopeReader } from '../../../shared/protocol/soap/envelope-reader.ts';
import {
  multipartType,
  parseMultipart,
  readParts,
  startOf,
  writeMultipart,
} from '../../../shared/protocol/soap/multipart.ts';
import { type Call, type Calls, FIXED, type Reasons } from './call.ts';
import { bytesOf, chunksOf, drained, mapiMessage } from './samples.ts';

const envelope = (body: string): Buffer =>
  Buffer.from(
    `<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="urn:zarafa"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`,
    'latin1',
  );

const escaped = (text: string): string => html.escapeHtml(text.replace(/[^\t\n\x20-\x7e]/g, '?'));

const logon = (text: string): Buffer[] => [
  envelope(`<ns:logon><szUsername>${escaped(text)}</szUsername><ulFlags>${escaped(text)}</ulFlags></ns:logon>`),
  envelope(text),
  bytesOf(text),
];

/** Bodies of multiparts with a run as the preamble, as a part's header, as its content, and as the content type. */
const multiparts = (read: (body: AsyncIterable<Buffer>, type: string, limit: number) => unknown): Call[] => {
  const type = 'multipart/related; boundary=a';
  const end = '\r\n--a--';
  return [
    (text) => read(chunksOf(`${text}\r\n--a\r\n\r\n${end}`), type, text.length),
    (text) => read(chunksOf(`--a\r\n${text}\r\n\r\n${end}`), type, text.length),
    (text) => read(chunksOf(`--a\r\nContent-ID: ${text}\r\n\r\n${end}`), type, text.length),
    (text) => read(chunksOf(`--a\r\n\r\n${text}${end}`), type, text.length),
    (text) => read(chunksOf(`--a\r\n\r\n${end}`), `multipart/related;${text}`, text.length),
  ];
};

export const SOAP_CALLS: Calls = {
  'protocol/message-stream.ts readMessageStream': [(text) => readMessageStream(bytesOf(text))],
  'protocol/message-stream.ts writeMessageStream': [
    (text) => {
      const { properties: own, children } = mapiMessage(text);
      return drained(
        writeMessageStream({
          properties: [...own].map(([tag, value]) => ({ tag, value })),
          children,
          nameOf: () => undefined,
          open: () => chunksOf(text),
        } as unknown as Parameters<typeof writeMessageStream>[0]),
      );
    },
  ],
  'protocol/soap/envelope-reader.ts EnvelopeReader': [
    (text) => {
      const reader = new EnvelopeReader();
      for (const chunk of logon(text)[0]
        ?.toString('latin1')
        .match(/.{1,4096}/gs) ?? [])
        reader.write(bytesOf(chunk));
      reader.end();
    },
  ],
  'protocol/soap/decode.ts decodeRequest': [0, 1, 2].map(
    (i): Call =>
      (text) =>
        decodeRequest(logon(text)[i] ?? Buffer.alloc(0)),
  ),
  'protocol/soap/decode.ts decodeResponse': [
    (text) =>
      decodeResponse(
        'logon',
        envelope(`<ns:logonResponse><lpszVersion>${escaped(text)}</lpszVersion></ns:logonResponse>`),
      ),
  ],
  'protocol/soap/decode.ts requestOf': [
    (text) => {
      const reader = new EnvelopeReader();
      reader.write(logon(text)[0] ?? Buffer.alloc(0));
      return requestOf(reader);
    },
  ],
  'protocol/soap/multipart.ts multipartType': [multipartType],
  'protocol/soap/multipart.ts parseMultipart': multiparts((body, type, limit) => parseMultipart(body, type, limit)),
  'protocol/soap/multipart.ts readParts': multiparts(async (body, type) => {
    for await (const { content } of readParts(body, type)) for await (const _ of content);
  }),
  'protocol/soap/multipart.ts startOf': [
    startOf,
    (text) => startOf(`multipart/related;${text}`),
    (text) => startOf(`multipart/related; start=${text}`),
  ],
  'protocol/soap/multipart.ts writeMultipart': [
    async (text) => {
      const attachments = [{ id: text, source: chunksOf(text) }];
      for await (const _ of writeMultipart({ envelope: text, attachments }, text));
    },
  ],
  'protocol/soap/encode.ts encodeFault': [(text) => encodeFault('Client', text)],
  'protocol/soap/encode.ts encodeRequest': [(text) => encodeRequest('logon', { szUsername: text })],
  'protocol/soap/encode.ts encodeResponse': [(text) => encodeResponse('logon', { lpszVersion: text, er: 0 })],
};

export const SOAP_WITHOUT_TEXT: Reasons = {
  'protocol/soap/frame.ts fillScalars': 'is part of decodeRequest',
  'protocol/soap/frame.ts finish': 'is part of decodeRequest',
  'protocol/soap/frame.ts frame': 'is part of decodeRequest',
  'protocol/soap/frame.ts localName': 'is part of decodeRequest',
  'protocol/soap/frame.ts propertyElementType': 'is part of decodeRequest',
  'protocol/soap/frame.ts skip': 'is part of decodeRequest',
  'protocol/soap/prop-val.ts propertyOf': 'is part of decodeRequest',
  'protocol/soap/prop-val.ts wireValueOf': 'is part of encodeRequest',
  'protocol/soap/restriction.ts restrictionOf': 'is readRestriction',
  'protocol/soap/restriction.ts restrictTableOf': 'is restrictionDocument',
  'protocol/soap/rule-action.ts actionsOf': 'calls ruleActionDocument for each action',
  'protocol/soap/rule-action.ts ruleActionsOf': 'calls readRuleAction for each action',
  'protocol/soap/scalar.ts base64': 'is part of decodeRequest',
  'protocol/soap/scalar.ts scalar': 'is part of decodeRequest',
  'protocol/soap/scalar.ts zero': FIXED,
  'protocol/soap/soap-fault.ts SoapFault': 'keeps what it is given',
  'protocol/soap/sort-order.ts sortOrdersOf': 'goes once through a list of numbers',
  'protocol/soap/value-elements.ts valueElement': FIXED,
};
