const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '\u00a9',
  reg: '\u00ae',
  euro: '\u20ac',
  ndash: '\u2013',
  mdash: '\u2014',
  hellip: '\u2026',
  lsquo: '\u2018',
  rsquo: '\u2019',
  ldquo: '\u201c',
  rdquo: '\u201d',
  bull: '\u2022',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
};

/** Text with its character references as the characters that they are; those that are not known stay. */
export const decodeEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,8}));/gi, (whole, decimal, hex, name: string | undefined) => {
    if (name) return ENTITIES[name] ?? ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
  });

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** HTML without what is not shown, its tags each as `tag`. */
export const withoutMarkup = (html: string, tag: (text: string) => string): string =>
  html
    .replace(/<(style|script|head|title)\b[^>]*>[\s\S]*?(<\/\1\s*>|$)/gi, ' ')
    .replace(/<!--[\s\S]*?(-->|$)/g, ' ')
    .replace(/<[^>]*(>|$)/g, tag);

/** What HTML says, as text with lines: where a body of plain text is wanted and there is none. */
export function htmlToText(html: string): string {
  const marked = withoutMarkup(html.replace(/\s+/g, ' '), (tag) => {
    if (/^<br\b/i.test(tag)) return '\n';
    if (/^<\/(p|h[1-6]|table|ul|ol|blockquote)\b/i.test(tag)) return '\n\n';
    if (/^<\/?(div|tr)\b/i.test(tag)) return '\n';
    if (/^<li\b/i.test(tag)) return '\n* ';
    return /^<\/t[dh]\b/i.test(tag) ? '\t' : '';
  });
  return decodeEntities(marked)
    .replace(/[ \t\u00a0]+$/gm, '')
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .replace(/\n/g, '\r\n');
}
