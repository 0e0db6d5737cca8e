import { parseAppendItems } from '../../shared/protocol/imap/append-items.ts';
import { Arguments } from '../../shared/protocol/imap/arguments.ts';
import { parseDateTime } from '../../shared/protocol/imap/date-time.ts';
import { parseFetchItems, parseFetchModifiers } from '../../shared/protocol/imap/fetch-items.ts';
import { parseFlagList } from '../../shared/protocol/imap/flag-names.ts';
import { parseMessageUrl } from '../../shared/protocol/imap/imap-url.ts';
import { decodeMailboxName, listPattern } from '../../shared/protocol/imap/mailbox-name.ts';
import { parseNotify } from '../../shared/protocol/imap/notify-events.ts';
import { parseCriteria, parseSearch } from '../../shared/protocol/imap/search-keys.ts';
import { parseSequenceSet, selectNumbers, selectUids } from '../../shared/protocol/imap/sequence-set.ts';
import { ImapSyntaxError } from '../../shared/protocol/imap/syntax-error.ts';
import { FaultCounter } from './fault-counter.ts';
import { mutator } from './mutate.ts';
import type { SeededRandom } from './seeded-random.ts';

const UIDS = Array.from({ length: 500 }, (_, n) => n * 3 + 1);

/** The parser of each kind of argument, with valid samples. */
const GRAMMAR: Record<string, { parse: (args: Arguments) => unknown; samples: string[] }> = {
  fetch: {
    parse(args) {
      const set = args.sequenceSet();
      args.space();
      const items = parseFetchItems(args);
      parseFetchModifiers(args);
      args.end();
      const parsed = parseSequenceSet(set);
      selectUids(parsed, UIDS);
      return [items, selectNumbers(parsed, UIDS)];
    },
    samples: [
      '1:* (UID FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[1.2.HEADER.FIELDS.NOT (From "a b")]<0.2048>)',
      '2,4:7,9,12:* ALL',
      '1 BODY[3.TEXT] (CHANGEDSINCE 12345 VANISHED)',
      '* (RFC822.SIZE RFC822.HEADER INTERNALDATE MODSEQ SAVEDATE)',
      '1 (BINARY.PEEK[1.2]<0.100> BINARY.SIZE[3] BINARY[])',
    ],
  },
  search: {
    parse: parseSearch,
    samples: [
      'RETURN (MIN MAX COUNT ALL SAVE) CHARSET UTF-8 OR (FROM "a" NOT SUBJECT b) (SENTSINCE 1-Feb-1994 LARGER 100)',
      'UID 1:5,7 KEYWORD x $ MODSEQ "/flags/\\\\draft" all 620162338 YOUNGER 100 SAVEDON 1-Feb-1994',
      'NOT NOT NOT (ALL (SEEN (HEADER X-A "")))',
    ],
  },
  sort: {
    parse(args) {
      const words = args.list(() => args.atom());
      args.space();
      return [words, parseCriteria(args)];
    },
    samples: ['(REVERSE DATE SUBJECT) UTF-8 ALL', '(FROM) US-ASCII (OR SEEN DELETED) 1:*'],
  },
  store: {
    parse(args) {
      args.sequenceSet();
      args.space();
      return parseFlagList(args);
    },
    samples: ['1:4 (\\Seen \\Deleted $Forwarded work)', '7 \\Answered'],
  },
  append: {
    parse(args) {
      decodeMailboxName(args.astring());
      args.space();
      return parseDateTime(args.string());
    },
    samples: ['"Entw&APw-rfe" "21-Nov-2026 08:00:00 +0100"', 'INBOX " 1-Feb-1994 00:00:00 -0800"'],
  },
  'append items': {
    parse: parseAppendItems,
    samples: [
      '(\\Seen kw) "21-Nov-2026 08:00:00 +0100" CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=20/;SECTION=1.2.MIME" URL x)',
      'CATENATE (URL "imap://anna@host/A%20b;UIDVALIDITY=3/;UID=4/;PARTIAL=0.1024")',
    ],
  },
  url: {
    parse: (args) => parseMessageUrl(args.astring()),
    samples: [
      '"/INBOX;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER.FIELDS%20(a)"',
      '"imap://a@b/C%C3%A4/D/;UID=1"',
      '";UID=1/;SECTION=2/;PARTIAL=5"',
    ],
  },
  notify: {
    parse: parseNotify,
    samples: [
      'SET STATUS (selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge)) (personal NONE)',
      'SET (selected-delayed (MessageNew (FLAGS) MessageExpunge FlagChange)) (subtree ("a" b) (MailboxName SubscriptionChange))',
      'NONE',
    ],
  },
  list: {
    parse(args) {
      args.astring();
      args.space();
      const matches = listPattern(args.listMailbox());
      return ['INBOX', 'a/b/c/d', 'x'.repeat(100)].map(matches);
    },
    samples: ['"" *', '"a/" "%/%*x"', '"" a*b%c*d*e%f'],
  },
};

const PIECES = [
  '(',
  ')',
  '"',
  '\\',
  '*',
  '%',
  ':',
  ',',
  '$',
  ' ',
  '{3}',
  '\r\n',
  '4294967295',
  '999999999999999',
  '[',
  ']',
  '<0.1>',
  'NOT ',
  'OR ',
  '('.repeat(200),
  '*'.repeat(60),
  '1,'.repeat(500),
  '&',
  '&AGE-',
  '\xff',
  '\0',
  '&'.repeat(50),
];

/** Whether all went well. */
export async function fuzzImap(quick: boolean, random: SeededRandom): Promise<boolean> {
  const watch = new FaultCounter('imap');
  const kinds = Object.values(GRAMMAR).map(({ parse, samples }) => ({
    parse,
    samples: samples.map((text) => Buffer.from(text, 'latin1')),
  }));
  const change = mutator(
    random,
    PIECES,
    kinds.flatMap(({ samples }) => samples),
  );
  for (const { parse, samples } of kinds)
    for (const sample of samples) parse(new Arguments([sample.toString('latin1')]));
  for (let i = 0; i < (quick ? 100_000 : 500_000); i++) {
    const { parse, samples } = random.pick(kinds);
    const input = change(random.pick(samples));
    // Some of the text comes as a literal.
    const cut = random.random(input.length + 1);
    const pieces = random.percent(20)
      ? [input.toString('latin1', 0, cut), input.subarray(cut), '']
      : [input.toString('latin1')];
    await watch.try(
      input,
      () => parse(new Arguments(pieces)),
      (error) => error instanceof ImapSyntaxError,
    );
  }
  return watch.end();
}
