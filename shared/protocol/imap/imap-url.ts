import { Arguments } from './arguments.ts';
import { parseSection, type Section } from './fetch-items.ts';
import { ImapSyntaxError } from './syntax-error.ts';

/** The target of an IMAP URL (RFC 5092) in CATENATE: a message of a mailbox, or a section of it. */
export interface MessageUrl {
  /** User and server; undefined for a relative URL. */
  user: string | undefined;
  /** Undefined: the selected mailbox. Not encoded. */
  mailbox: string | undefined;
  uidValidity: number | undefined;
  uid: number;
  section: Section;
  partial: { start: number; length: number | undefined } | undefined;
}

/**
 * `[imap://user@host] / mailbox [;UIDVALIDITY=n] /;UID=n [/;SECTION=s] [/;PARTIAL=a.b]`, or from `;UID=` on for the selected mailbox
 * (RFC 4469 §3). Throws ImapSyntaxError.
 */
export function parseMessageUrl(url: string): MessageUrl {
  const match =
    /^(?:imap:\/\/(?:([^@/]*)@)?[^/]*)?(?:\/([^;]+?)(?:;UIDVALIDITY=(\d{1,10}))?)?\/?;UID=(\d{1,10})(?:\/;SECTION=([^;]+?))?(?:\/;PARTIAL=(\d{1,15})(?:\.(\d{1,15}))?)?$/is.exec(
      url,
    );
  if (!match) throw new ImapSyntaxError('not an IMAP URL of a message');
  const [, user, mailbox, uidValidity, uid, section, start, length] = match;
  return {
    user: user === undefined ? undefined : decode(user),
    mailbox: mailbox === undefined ? undefined : decode(mailbox),
    uidValidity: uidValidity === undefined ? undefined : Number(uidValidity),
    uid: Number(uid),
    section: sectionOf(section === undefined ? '' : decode(section)),
    partial:
      start === undefined
        ? undefined
        : { start: Number(start), length: length === undefined ? undefined : Number(length) },
  };
}

function sectionOf(text: string): Section {
  const args = new Arguments([`[${text}]`]);
  const { section } = parseSection(args);
  args.end();
  return section;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ImapSyntaxError('the URL has an invalid percent-encoding');
  }
}
