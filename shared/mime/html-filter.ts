import sanitize from 'sanitize-html';

/** What a message may show: text, its formatting, tables and images, and nothing that runs, loads or asks. */
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

/** Values of styles that do not stay within the page: they load, cover or run something. */
const LEAVING =
  /\\|\/\*|url\s*\(|expression|javascript|@import|behaviou?r|-moz-binding|position\s*:\s*(?:fixed|sticky)/i;

/**
 * HTML of a message as it may be shown: only what is known to be harmless is left (tags, attributes, schemes of links). `images`: whether
 * images are loaded from elsewhere, which tells their sender that the message is being read; those of the message itself (cid) are always
 * shown. What is stored is never filtered.
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
        // What is escaped or hidden in a comment is written to be misread.
        if (attribs.style !== undefined && LEAVING.test(attribs.style)) delete attribs.style;
        return { tagName, attribs };
      },
    },
  });
