import sanitize from 'sanitize-html';

/** Allowed elements: text, formatting, tables and images; no scripts, external resources or forms. */
const TAGS = [
  ...sanitize.defaults.allowedTags,
  ...['img', 'font', 'center', 'del', 'ins', 'strike', 'big', 'tt', 'map', 'area', 'html', 'body', 'head'],
];

const STYLES = [
  'align',
  'bgcolor',
  'border',
  'color',
  'dir',
  'face',
  'height',
  'lang',
  'size',
  'style',
  'title',
  'valign',
  'width',
];

const ATTRIBUTES: Record<string, string[]> = {
  '*': STYLES,
  a: ['href', 'name'],
  area: ['href', 'shape', 'coords', 'alt'],
  img: ['src', 'alt', 'usemap'],
  map: ['name'],
  table: ['cellpadding', 'cellspacing', 'summary'],
  td: ['colspan', 'rowspan', 'nowrap'],
  th: ['colspan', 'rowspan', 'nowrap'],
};

/** Style values that load a resource, leave the message's area, or run code. */
const LEAVING =
  /\\|\/\*|url\s*\(|expression|javascript|@import|behaviou?r|-moz-binding|position\s*:\s*(?:fixed|sticky)/i;

/**
 * Filters the HTML of a message for display by allow lists of elements, attributes and URL schemes. `images` allows external images, which
 * tell their server that the message is being read; images within the message (cid) are always shown. Stored HTML is never filtered.
 */
export const filterHtml = (html: string, { images = false }: { images?: boolean } = {}): string =>
  sanitize(html, {
    allowedTags: TAGS,
    allowedAttributes: ATTRIBUTES,
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: images ? ['cid', 'data', 'http', 'https'] : ['cid', 'data'] },
    allowProtocolRelative: false,
    nestingLimit: 200,
    transformTags: {
      '*': (tagName, attribs) => {
        // Escapes and comments in styles serve to deceive filters.
        if (attribs.style !== undefined && LEAVING.test(attribs.style)) delete attribs.style;
        return { tagName, attribs };
      },
    },
  });
