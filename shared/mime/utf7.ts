/** Charset labels of UTF-7. */
export const isUtf7 = (charset: string): boolean => /^(x-)?(unicode-[12]-[01]-)?utf-?7$/i.test(charset.trim());

/** Decodes UTF-7 (RFC 2152): text between `+` and `-` is UTF-16 in base64. Malformed text stays as it is. */
export function decodeUtf7(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/\+([A-Za-z0-9+/]*)-?/g, (whole, coded: string) => {
    if (coded === '') return whole === '+-' ? '+' : whole;
    const units = Buffer.from(coded, 'base64');
    let text = '';
    for (let i = 0; i + 1 < units.length; i += 2) text += String.fromCharCode(units.readUInt16BE(i));
    return text.toWellFormed();
  });
}
