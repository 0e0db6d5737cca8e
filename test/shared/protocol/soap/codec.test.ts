import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTERFACE_FILE, makeInterface } from '../../../../scripts/generate-soap.ts';
import { readTranscripts, recordedEnvelope } from '../../../../scripts/transcripts.ts';
import { PT } from '../../../../shared/mapi/property-tags.ts';
import { decodeRequest, decodeResponse, requestOf } from '../../../../shared/protocol/soap/decode.ts';
import { encodeRequest, encodeResponse } from '../../../../shared/protocol/soap/encode.ts';
import { EnvelopeReader } from '../../../../shared/protocol/soap/envelope-reader.ts';
import { OPERATIONS } from '../../../../shared/protocol/soap/interface.ts';
import { SoapFault } from '../../../../shared/protocol/soap/soap-fault.ts';

const bodyOf = (envelope: string): string =>
  envelope.slice(envelope.indexOf('>', envelope.indexOf('<SOAP-ENV:Body')) + 1, envelope.indexOf('</SOAP-ENV:Body>'));

/** Their library writes a type attribute at a first empty list only now and then. */
const plain = (xml: string): string => xml.replaceAll(/ SOAP-ENC:position="[^"]*"/g, '');

const transcripts = readTranscripts();

describe('the interface', () => {
  it('equals the one generated from the WSDL', () => {
    const canonical = (text: string) => text.replaceAll(/[\s,;|()]+/g, '');
    expect(canonical(readFileSync(INTERFACE_FILE, 'utf8'))).toBe(canonical(makeInterface()));
  });

  it('has all 125 operations', () => {
    expect(Object.keys(OPERATIONS)).toHaveLength(125);
  });
});

describe('recorded messages', () => {
  it('requests are written as they were read', () => {
    let same = 0;
    for (const { request } of transcripts) {
      const { name, values } = decodeRequest(recordedEnvelope(request));
      const body = bodyOf(encodeRequest(name, values).envelope);
      if (body === Buffer.from(request, 'latin1').toString()) same++;
    }
    expect(same).toBeGreaterThan(transcripts.length * 0.98);
  });

  it('answers are written as they were read', () => {
    let same = 0;
    const answers = transcripts.filter(({ responseType }) => !responseType);
    for (const { op, response } of answers) {
      const values = decodeResponse(op, recordedEnvelope(response));
      const body = bodyOf(encodeResponse(op, values).envelope);
      if (plain(body) === plain(Buffer.from(response, 'latin1').toString())) same++;
    }
    expect(same).toBeGreaterThan(answers.length * 0.98);
  });
});

describe('values', () => {
  const through = (value: object) => {
    const { envelope } = encodeRequest('saveObject', {
      lpsSaveObj: { modProps: [value], ulObjType: 5, __ptr: [], delProps: [], bDelete: false },
    });
    const request = decodeRequest(Buffer.from(envelope));
    return request.name === 'saveObject' ? request.values.lpsSaveObj?.modProps?.[0] : undefined;
  };

  it('64-bit integers are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(through({ tag: 0x66000014, value })).toEqual({ tag: 0x66000014, value });
      }),
    );
  });

  it('texts and bytes come through as they are, as far as XML can say them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 }), (text, bytes) => {
        fc.pre(!/[\u0000-\u001f\ufffe\uffff\ud800-\udfff]/.test(text));
        expect(through({ tag: 0x0037001f, value: text })).toEqual({ tag: 0x0037001f, value: text });
        expect(through({ tag: 0x66000102, value: Buffer.from(bytes) })).toEqual({
          tag: 0x66000102,
          value: Buffer.from(bytes),
        });
      }),
    );
  });

  it('an absent pointer and an empty one are not the same', () => {
    const envelope = (inner: string) =>
      recordedEnvelope(`<ns:getStore><ulSessionId>1</ulSessionId>${inner}</ns:getStore>`);
    expect(decodeRequest(envelope('')).values).not.toHaveProperty('lpsEntryId');
    expect(decodeRequest(envelope('<lpsEntryId></lpsEntryId>')).values).toMatchObject({ lpsEntryId: Buffer.alloc(0) });
    expect(decodeRequest(envelope('<lpsEntryId xsi:nil="true"/>')).values).toMatchObject({ lpsEntryId: undefined });
  });

  const valueIn = (bin: string, sizes: readonly number[]) => {
    const property = `<item><ulPropTag>${0x37010102}</ulPropTag><bin>${bin}</bin></item>`;
    const bytes = recordedEnvelope(
      `<ns:saveObject><lpsSaveObj><modProps>${property}</modProps></lpsSaveObj><ulSyncId>7</ulSyncId></ns:saveObject>`,
    );
    const reader = new EnvelopeReader();
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length] ?? bytes.length;
      reader.write(bytes.subarray(at, at + size));
      at += size;
    }
    const request = requestOf(reader);
    if (request.name !== 'saveObject') throw new Error('not what was sent');
    expect(request.values.ulSyncId).toBe(7);
    return request.values.lpsSaveObj?.modProps?.[0]?.value;
  };
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 3000, max: 9000 })), {
    minLength: 1,
    maxLength: 6,
  });

  it('long bytes are decoded unchanged, however they are split and whatever XML allows between them', () => {
    const long = fc.integer({ min: 0, max: 12_000 }).map((length) => 'Zm9v'.repeat(length / 4));
    const between = fc.constantFrom('', '\n', '&#13;\n', ' ', '<!-- > <bin> -->', '<![CDATA[Zm9v]]>', '&#90;m9v');
    const parts = fc.array(fc.tuple(long, between), { maxLength: 4 }).map((all) => all.flat().join(''));
    const plainText = (text: string) =>
      text
        .replaceAll('<!-- > <bin> -->', '')
        .replaceAll(/<!\[CDATA\[(.*?)\]\]>/g, '$1')
        .replaceAll('&#90;', 'Z')
        .replaceAll('&#13;', '');
    fc.assert(
      fc.property(parts, sizes, (text, some) => {
        expect(valueIn(text, some)).toEqual(Buffer.from(plainText(text), 'base64'));
      }),
    );
  });

  it('long bytes with malformed base64 or XML are refused', () => {
    const bad = fc.constantFrom('!', '&lt;', '&none;', '\u00a0', ']]>', '\u0001', '\u00e9', '<', '&', '<bin');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9000 }),
        fc.integer({ min: 0, max: 9000 }),
        bad,
        sizes,
        (a, b, wrong, some) => {
          expect(() => valueIn('A'.repeat(a) + wrong + 'B'.repeat(b), some)).toThrow(SoapFault);
        },
      ),
    );
  });

  it('a value of another type than its tag says is refused', () => {
    const property = `<item><ulPropTag>${0x0037001f}</ulPropTag><ul>1</ul></item>`;
    expect(PT.UNICODE).toBe(0x1f);
    expect(() =>
      decodeRequest(
        recordedEnvelope(
          `<ns:saveObject><ulSessionId>1</ulSessionId><lpsSaveObj><modProps SOAP-ENC:arrayType="propVal[1]">${property}</modProps></lpsSaveObj></ns:saveObject>`,
        ),
      ),
    ).toThrow(SoapFault);
  });
});

describe('envelopes that no client sends', () => {
  it.each([
    ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><x/>'],
    ['an entity of its own', recordedEnvelope('<ns:logoff><ulSessionId>&a;</ulSessionId></ns:logoff>').toString()],
    ['no envelope', '<x/>'],
    ['no operation', recordedEnvelope('').toString()],
    ['two operations', recordedEnvelope('<ns:logoff/><ns:logoff/>').toString()],
    ['an operation that is none', recordedEnvelope('<ns:toString/>').toString()],
    ['a number that is none', recordedEnvelope('<ns:logoff><ulSessionId>x</ulSessionId></ns:logoff>').toString()],
    ['elements without end', `${recordedEnvelope('<ns:logoff>').toString().split('</SOAP')[0]}${'<a>'.repeat(500)}`],
    ['half an envelope', recordedEnvelope('<ns:logoff/>').subarray(0, -10).toString()],
    ['bytes that are not UTF-8', Buffer.concat([recordedEnvelope('<ns:logoff/>'), Buffer.from([0xff, 0xfe])])],
  ])('%s gets a fault', (_, bytes) => {
    expect(() => decodeRequest(Buffer.from(bytes))).toThrow(SoapFault);
  });

  it('too large an envelope gets a fault', () => {
    const bytes = recordedEnvelope('<ns:logoff/>');
    const limits = { size: bytes.length - 1, depth: 128, elements: 100, text: 100 };
    expect(() => decodeRequest(bytes, limits)).toThrow(SoapFault);
    expect(decodeRequest(bytes, { ...limits, size: bytes.length }).name).toBe('logoff');
  });
});
