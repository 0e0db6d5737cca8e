import { Multiline, topOf } from '../../../shared/protocol/pop3/multiline.ts';
import * as sasl from '../../../shared/protocol/sasl.ts';
import * as scram from '../../../shared/protocol/scram.ts';
import { parseSmtpCommand } from '../../../shared/protocol/smtp/command.ts';
import { DataDecoder } from '../../../shared/protocol/smtp/data-decoder.ts';
import { isSendable, pathAddress } from '../../../shared/protocol/smtp/path.ts';
import { type Call, type Calls, FIXED, type Reasons } from './call.ts';
import { bytesOf, chunksOf, drained } from './samples.ts';

const SCRAM_KEYS = {
  iterations: 4096,
  salt: Buffer.alloc(16),
  storedKey: Buffer.alloc(32),
  serverKey: Buffer.alloc(32),
};

export const SESSION_CALLS: Calls = {
  'protocol/pop3/multiline.ts Multiline': [
    async (text) => {
      const multiline = new Multiline();
      for await (const chunk of chunksOf(text)) multiline.encode(chunk);
      multiline.end();
    },
  ],
  'protocol/pop3/multiline.ts topOf': [(text) => drained(topOf(chunksOf('a'), chunksOf(text), 1_000_000))],
  'protocol/sasl.ts readOAuthBearer': [
    sasl.readOAuthBearer,
    (text) => sasl.readOAuthBearer(`n,,\x01auth=Bearer ${text}`),
  ],
  'protocol/sasl.ts readPlain': [sasl.readPlain],
  'protocol/sasl.ts readXOAuth2': [sasl.readXOAuth2, (text) => sasl.readXOAuth2(`user=${text}\x01auth=Bearer ${text}`)],
  'protocol/scram.ts checkClientFinal': ['', 'c=', 'c=biws,r=', 'c=biws,r=x,'].map(
    (beginning): Call =>
      (text) =>
        scram.checkClientFinal(
          SCRAM_KEYS,
          { header: 'n,,', bare: text, user: text, nonce: 'x' } as unknown as scram.ClientFirst,
          'a',
          'x',
          `${beginning}${text},p=AAAA`,
        ),
  ),
  'protocol/scram.ts decodeScramKeys': [scram.decodeScramKeys],
  'protocol/scram.ts pretendedKeys': [(text) => scram.pretendedKeys(Buffer.alloc(32), text)],
  'protocol/scram.ts readClientFirst': [scram.readClientFirst, (text) => scram.readClientFirst(`n,,n=${text},r=x`)],
  'protocol/scram.ts serverFirst': [(text) => scram.serverFirst(SCRAM_KEYS, text)],
  'protocol/smtp/command.ts parseSmtpCommand': [
    '',
    'MAIL FROM:<',
    'MAIL FROM:<"',
    'MAIL FROM:<a@b> ',
    'RCPT TO:<@',
    'AUTH ',
    'BDAT ',
  ].map(
    (beginning): Call =>
      (text) =>
        parseSmtpCommand(beginning + text, 'submission'),
  ),
  'protocol/smtp/data-decoder.ts DataDecoder': [
    async (text) => {
      const decoder = new DataDecoder();
      for await (const chunk of chunksOf(text)) decoder.decode(chunk);
    },
    (text) => {
      const decoder = new DataDecoder();
      for (const piece of text.match(/.{1,16}/gs) ?? []) decoder.decode(bytesOf(piece));
    },
  ],
  'protocol/smtp/path.ts isSendable': [isSendable, (text) => isSendable(`a@${text}`)],
  'protocol/smtp/path.ts pathAddress': [pathAddress, (text) => pathAddress(`${text}@a`)],
};

export const SESSION_WITHOUT_TEXT: Reasons = {
  'protocol/scram.ts encodeScramKeys': FIXED,
  'protocol/scram.ts makeScramKeys':
    'stretches a password, which is meant to take long; its length is bounded by whoever sets it',
};
