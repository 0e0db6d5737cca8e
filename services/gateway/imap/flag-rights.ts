import type { FlagList } from '../../../shared/protocol/imap/flag-names.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';

/** The system flags, as bits, that these rights allow to change (RFC 4314 §4). The right to read includes \Seen, as in MAPI. */
export function changeableFlags(rights: number): number {
  const others = FLAG.ANSWERED | FLAG.FLAGGED | FLAG.DRAFT;
  return (
    (rights & RIGHT.READ ? FLAG.SEEN : 0) |
    (rights & RIGHT.DELETE_ALL ? FLAG.DELETED : 0) |
    (rights & RIGHT.EDIT_ALL ? others : 0)
  );
}

/** The flags among `flags` that these rights allow to change. */
export const permittedFlags = (rights: number, { flags, keywords }: FlagList): FlagList => ({
  flags: flags & changeableFlags(rights),
  keywords: rights & RIGHT.EDIT_ALL ? keywords : [],
});
