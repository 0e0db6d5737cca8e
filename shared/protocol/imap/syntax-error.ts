/** A command that does not follow the grammar; answered with BAD. */
export class ImapSyntaxError extends Error {}
