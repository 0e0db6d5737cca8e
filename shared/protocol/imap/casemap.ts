/**
 * Text as i;unicode-casemap compares it (RFC 5051): in one case, and taken apart into what its characters are made of. So an accent
 * that is written in two ways is one, and `ﬁ` is not `fi` by case alone but by what it is made of.
 */
export const casemap = (text: string): string =>
  /^[\x00-\x7f]*$/.test(text) ? text.toUpperCase() : text.toUpperCase().normalize('NFKD');
