/**
 * Folds text for the i;unicode-casemap collation (RFC 5051): upper case, then compatibility decomposition. So composed and decomposed accents
 * are equal, and so are `ﬁ` and `fi`.
 */
export const casemap = (text: string): string =>
  /^[\x00-\x7f]*$/.test(text) ? text.toUpperCase() : text.toUpperCase().normalize('NFKD');
