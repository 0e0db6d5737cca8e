import { describe, expect, it } from 'vitest';
import {
  multipartType,
  parseMultipart,
  readParts,
  startOf,
  writeMultipart,
} from '../../../../shared/protocol/soap/multipart.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* sourceOf(...chunks: string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
}

async function written(envelope: string, values: Record<string, string[]>): Promise<string> {
  const attachments = Object.entries(values).map(([id, chunks]) => ({ id: `<${id}>`, source: sourceOf(...chunks) }));
  let text = '';
  for await (const chunk of writeMultipart({ envelope, attachments }, 'b')) text += chunk.toString('latin1');
  return text;
}

const TYPE = multipartType('b');

describe('a multipart that was written', () => {
  it.each([1, 2, 7, 4096])('is read again when it arrives in pieces of %i bytes', async (size) => {
    const body = await written('<x/>', { one: ['\r\n--', 'a?'], two: [], three: ['\n\r\n'] });
    const { root, parts } = await parseMultipart(inPieces(body, size), TYPE, 1000);
    expect(root.toString()).toBe('<x/>');
    expect(parts.get('one')?.toString()).toBe('\r\n--a?');
    expect(parts.get('two')?.length).toBe(0);
    expect(parts.get('three')?.toString()).toBe('\n\r\n');
  });

  it('names the envelope as its start', () => {
    expect(startOf(TYPE)).toBe('SOAP-ENV:Envelope');
  });

  it('has its parts in order, each with its type and Content-ID', async () => {
    expect(await written('<x/>', { one: ['1'] })).toBe(
      [
        '--b',
        'Content-Type: application/xop+xml; charset=utf-8; type="text/xml"',
        'Content-Transfer-Encoding: binary',
        'Content-ID: <SOAP-ENV:Envelope>',
        '',
        '<x/>',
        '--b',
        'Content-Type: application/binary',
        'Content-Transfer-Encoding: binary',
        'Content-ID: <one>',
        '',
        '1',
        '--b--',
      ].join('\r\n'),
    );
  });
});

describe('reading a multipart', () => {
  const idsOf = async (body: string, type = 'multipart/related; boundary=b') => {
    const ids: string[] = [];
    for await (const { id } of readParts(inPieces(body, 5), type)) ids.push(id);
    return ids;
  };

  it('ignores text before the first boundary (RFC 2046 §5.1.1)', async () => {
    expect(await idsOf('preamble\r\n--b\r\nContent-ID: <1>\r\n\r\n\r\n--b--')).toEqual(['1']);
  });

  it('skips the content that was not read, and takes bare line feeds', async () => {
    expect(await idsOf('--b\nContent-ID: 1\n\nlong content\n--b\nContent-ID: 2\n\n\n--b--')).toEqual(['1', '2']);
  });

  it('takes the first part as the root when no start is named', async () => {
    const body = '--b\r\n\r\nfirst\r\n--b\r\nContent-ID: <2>\r\n\r\nsecond\r\n--b--';
    expect((await parseMultipart(inPieces(body, 3), 'multipart/related; boundary="b"', 100)).root.toString()).toBe(
      'first',
    );
  });

  it.each([
    ['has no boundary', 'multipart/related', '--b--', 'no boundary'],
    ['has a boundary of 201 characters', `multipart/related; boundary=${'b'.repeat(201)}`, '', 'too long'],
    ['ends early', 'multipart/related; boundary=b', '--b\r\n\r\ncontent', 'ends before its last boundary'],
    [
      'has a part without the end of its header',
      'multipart/related; boundary=b',
      `--b\r\n${'x'.repeat(5000)}`,
      'header',
    ],
    ['has no parts', 'multipart/related; boundary=b', '--b--', 'no parts'],
    [
      'is larger than the limit',
      'multipart/related; boundary=b',
      `--b\r\n\r\n${'x'.repeat(101)}\r\n--b--`,
      'too large',
    ],
    ['has 1,001 parts', 'multipart/related; boundary=b', `${'--b\r\n\r\n\r\n'.repeat(1001)}--b--`, 'too many parts'],
  ])('refuses a body that %s', async (_, type, body, message) => {
    await expect(parseMultipart(inPieces(body, 1024), type, 100)).rejects.toThrow(message);
  });
});
