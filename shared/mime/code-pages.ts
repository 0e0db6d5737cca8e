/** Charsets by Windows code page; 1250 to 1258 are windows-NNNN, 28592 and above are ISO 8859. */
const CHARSETS: Record<number, string> = {
  65001: 'utf-8',
  20127: 'us-ascii',
  28591: 'iso-8859-1',
  28605: 'iso-8859-15',
  20866: 'koi8-r',
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  50220: 'iso-2022-jp',
  51932: 'euc-jp',
};

/** The MIME name of the charset of a Windows code page; undefined if it has none. */
export function charsetOf(codePage: number): string | undefined {
  const known = CHARSETS[codePage];
  if (known) return known;
  if (codePage >= 28592 && codePage <= 28606) return `iso-8859-${codePage - 28590}`;
  return codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : undefined;
}
