import { SYSTEM_FLAGS } from '../../../shared/protocol/imap/flag-names.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import type { MessageState } from '../../../shared/store/messages/message-list.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';

/** The FLAGS and PERMANENTFLAGS responses (RFC 3501 §7.2.6 and §7.1). */
export function flagLines(mailbox: SelectedMailbox): string[] {
  const permanent = mailbox.readOnly ? [] : permanentFlags(mailbox);
  return [
    `* FLAGS (${[...SYSTEM_FLAGS, ...mailbox.keywords].join(' ')})`,
    `* OK [PERMANENTFLAGS (${permanent.join(' ')})] ${permanent.includes('\\*') ? 'new keywords are allowed' : 'only these can be changed'}`,
  ];
}

/** The same responses once more, where some messages have keywords that no FLAGS response has named. */
export const newFlagLines = (mailbox: SelectedMailbox, states: readonly MessageState[]): string[] =>
  mailbox.learnKeywords(states) ? flagLines(mailbox) : [];

/** RFC 4314 §4: the flags that the session has the right to change. */
function permanentFlags({ entry: { rights }, keywords }: SelectedMailbox): string[] {
  const may = (right: number) => (rights & right) !== 0;
  return [
    '\\Seen',
    ...(may(RIGHT.EDIT_ALL) ? ['\\Answered', '\\Flagged'] : []),
    ...(may(RIGHT.DELETE_ALL) ? ['\\Deleted'] : []),
    ...(may(RIGHT.EDIT_ALL) ? ['\\Draft', ...keywords, '\\*'] : []),
  ];
}
