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

/** Replaces character references by their characters; unknown ones stay. */
export const decodeEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,8}));/gi, (whole, decimal, hex, name: string | undefined) => {
    if (name) return ENTITIES[name] ?? ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
  });

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Elements whose content is not shown, with their end tags. */
const HIDDEN: Record<string, RegExp> = {
  style: /<\/style\b/gi,
  script: /<\/script\b/gi,
  head: /<\/head\b/gi,
  title: /<\/title\b/gi,
};

/** HTML without invisible content, with each tag replaced by `tag`. Linear, whatever is left unclosed. */
export function withoutMarkup(html: string, tag: (text: string) => string): string {
  const out: string[] = [];
  for (let at = 0; ; ) {
    const open = html.indexOf('<', at);
    out.push(open < 0 ? html.slice(at) : html.slice(at, open));
    if (open < 0) break;
    const comment = html.startsWith('<!--', open);
    const close = comment ? html.indexOf('-->', open + 4) + 2 : html.indexOf('>', open);
    // An unclosed element hides the rest.
    if (close <= open) break;
    const text = html.slice(open, close + 1);
    const end = comment ? undefined : HIDDEN[/^<(style|script|head|title)\b/i.exec(text)?.[1]?.toLowerCase() ?? ''];
    out.push(comment || end ? ' ' : tag(text));
    at = close + 1;
    if (!end) continue;
    end.lastIndex = at;
    const found = end.exec(html)?.index ?? -1;
    const last = found < 0 ? -1 : html.indexOf('>', found);
    if (last < 0) break;
    at = last + 1;
  }
  return out.join('');
}

/** The plain text of HTML, with line breaks, for a message without a plain text body. */
export function htmlToText(html: string): string {
  const marked = withoutMarkup(html.replace(/\s+/g, ' '), (tag) => {
    if (/^<br\b/i.test(tag)) return '\n';
    if (/^<\/(p|h[1-6]|table|ul|ol|blockquote)\b/i.test(tag)) return '\n\n';
    if (/^<\/?(div|tr)\b/i.test(tag)) return '\n';
    if (/^<li\b/i.test(tag)) return '\n* ';
    return /^<\/t[dh]\b/i.test(tag) ? '\t' : '';
  });
  return decodeEntities(marked)
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .replace(/\n/g, '\r\n');
}
