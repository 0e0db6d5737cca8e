/** A syntax error in a command; the response is BAD. */
export class ImapSyntaxError extends Error {}
