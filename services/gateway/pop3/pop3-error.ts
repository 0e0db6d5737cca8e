/** An error that the client gets as -ERR; its text may begin with a response code (RFC 2449 §8, RFC 3206). */
export class Pop3Error extends Error {}

/** The message does not exist (any more): this does not count towards imap_max_fail_commands. */
export class NoSuchMessage extends Pop3Error {}
