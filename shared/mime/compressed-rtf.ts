// Compressed RTF (MS-OXRTFCP), the format of PR_RTF_COMPRESSED.

const COMPRESSED = 0x75465a4c;
const UNCOMPRESSED = 0x414c454d;
const HEADER = 16;

/** MS-OXRTFCP §2.1.2.1: the initial dictionary. */
const INITIAL = Buffer.from(
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx',
  'latin1',
);
const DICTIONARY = 4096;

/** Decompresses RTF, one character a byte; undefined for bytes that are not compressed RTF. Truncated input gives what could be read. */
export function decompressRtf(bytes: Buffer): string | undefined {
  if (bytes.length < HEADER) return undefined;
  const end = Math.min(bytes.length, bytes.readUInt32LE(0) + 4);
  const size = bytes.readUInt32LE(4);
  const kind = bytes.readUInt32LE(8);
  if (kind === UNCOMPRESSED) return bytes.toString('latin1', HEADER, Math.min(end, HEADER + size));
  if (kind !== COMPRESSED) return undefined;
  const dictionary = Buffer.alloc(DICTIONARY);
  INITIAL.copy(dictionary);
  let write = INITIAL.length;
  // A reference of two bytes gives at most 17 bytes.
  const out = Buffer.alloc(Math.max(Math.min(size, (end - HEADER) * 9), 0));
  let length = 0;
  const put = (byte: number): void => {
    dictionary[write] = byte;
    write = (write + 1) % DICTIONARY;
    out[length++] = byte;
  };
  for (let at = HEADER; at < end && length < out.length; ) {
    const control = bytes[at++] ?? 0;
    for (let bit = 0; bit < 8 && at < end && length < out.length; bit++) {
      if ((control & (1 << bit)) === 0) {
        put(bytes[at++] ?? 0);
        continue;
      }
      if (at + 1 >= end) return out.toString('latin1', 0, length);
      const token = bytes.readUInt16BE(at);
      at += 2;
      const offset = token >>> 4;
      // MS-OXRTFCP §2.1.3.1.4: a reference to the write position marks the end.
      if (offset === write) return out.toString('latin1', 0, length);
      const count = (token & 15) + 2;
      for (let i = 0; i < count && length < out.length; i++) put(dictionary[(offset + i) % DICTIONARY] ?? 0);
    }
  }
  return out.toString('latin1', 0, length);
}

/** Packs RTF (one character a byte) in the uncompressed form, which every reader supports. */
export function packRtf(rtf: string): Buffer {
  const raw = Buffer.from(rtf, 'latin1');
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(raw.length + HEADER - 4, 0);
  header.writeUInt32LE(raw.length, 4);
  header.writeUInt32LE(UNCOMPRESSED, 8);
  return Buffer.concat([header, raw]);
}
