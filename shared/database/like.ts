/** Text as a literal part of a pattern of LIKE. */
export const likeLiteral = (text: string): string => text.replace(/[%_\\]/g, '\\$&');
