/**
 * Calls a function with text (one byte a character) wherever it takes text from outside. An exception is as good as a result: only the time counts.
 */
export type Call = (text: string) => unknown;

/** Functions by module and name (`mime/date.ts parseMailDate`), with every way to call them. */
export type Calls = Record<string, readonly Call[]>;

/** Functions that take no text from outside, with the reason. */
export type Reasons = Record<string, string>;

export const FIXED = 'takes numbers or values of a fixed size, no text from outside';
export const LOOKUP = 'compares with a few fixed values, never walks through a text';
