import { describe, expect, it } from 'vitest';
import { readLine } from '../../../services/gateway/line-reader.ts';
import { byteSource } from './byte-source.ts';

describe('a line', () => {
  it('is read without its end, be that CRLF or LF alone, and however it is cut', async () => {
    const source = byteSource('NO', 'OP\r', '\nsecond\nthird');
    expect(await readLine(source, 100, 'latin1')).toBe('NOOP');
    expect(await readLine(source, 100, 'latin1')).toBe('second');
    expect(await readLine(source, 100, 'latin1')).toBeUndefined();
  });

  it('leaves the octets after it in the buffer', async () => {
    const source = byteSource('one\r\ntwo');
    await readLine(source, 100, 'latin1');
    expect(source.reader.buffer.toString()).toBe('two');
  });

  it('may be as long as the limit and no longer, whether it arrives at once or in pieces', async () => {
    expect(await readLine(byteSource(`${'x'.repeat(9)}\r\n`), 10, 'latin1')).toBe('x'.repeat(9));
    expect(await readLine(byteSource(`${'x'.repeat(11)}\r\n`), 10, 'latin1')).toBe('too-long');
    expect(await readLine(byteSource('xxxxxx', 'xxxxxx', 'xxxxxx'), 10, 'latin1')).toBe('too-long');
  });

  it('is in the encoding that the protocol has', async () => {
    const bytes = Buffer.from('ü\r\n', 'utf8').toString('latin1');
    expect(await readLine(byteSource(bytes), 10, 'utf8')).toBe('ü');
    expect(await readLine(byteSource(bytes), 10, 'latin1')).toBe('\xc3\xbc');
  });
});
