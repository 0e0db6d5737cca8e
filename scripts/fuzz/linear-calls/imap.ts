import { hidesAddresses, plainAddresses } from '../../../shared/protocol/imap/address-text.ts';
import { parseAppendItem, parseAppendItems } from '../../../shared/protocol/imap/append-items.ts';
import { Arguments } from '../../../shared/protocol/imap/arguments.ts';
import { baseSubject } from '../../../shared/protocol/imap/base-subject.ts';
import { bodyOfStructure } from '../../../shared/protocol/imap/body-of-structure.ts';
import { encodeBodyStructure } from '../../../shared/protocol/imap/body-structure.ts';
import { casemap } from '../../../shared/protocol/imap/casemap.ts';
import { parseDateTime, parseDay } from '../../../shared/protocol/imap/date-time.ts';
import { encodeEnvelope } from '../../../shared/protocol/imap/envelope.ts';
import { readEnvelope } from '../../../shared/protocol/imap/envelope-reader.ts';
import * as fetchItems from '../../../shared/protocol/imap/fetch-items.ts';
import { encodeFlags, parseFlagList } from '../../../shared/protocol/imap/flag-names.ts';
import { parseIdFields } from '../../../shared/protocol/imap/id-fields.ts';
import { parseMessageUrl } from '../../../shared/protocol/imap/imap-url.ts';
import { decodeMailboxName, encodeMailboxName, listPattern } from '../../../shared/protocol/imap/mailbox-name.ts';
import { parseNotify } from '../../../shared/protocol/imap/notify-events.ts';
import { parsePartialRange } from '../../../shared/protocol/imap/partial-range.ts';
import { searchableText, sentDay } from '../../../shared/protocol/imap/search-fields.ts';
import * as searchKeys from '../../../shared/protocol/imap/search-keys.ts';
import * as sets from '../../../shared/protocol/imap/sequence-set.ts';
import * as strings from '../../../shared/protocol/imap/strings.ts';
import { byReferences, encodeThreads, orderedSubject, type Threadable } from '../../../shared/protocol/imap/threads.ts';
import { type Call, type Calls, FIXED, type Reasons } from './call.ts';
import { bytesOf, scanned, withMessages } from './samples.ts';

const argumentsOf =
  (read: (args: Arguments) => unknown): Call =>
  (text) =>
    read(new Arguments([text]));

/** An IMAP grammar after beginnings that lead to its inner rules. */
const grammar = (read: (args: Arguments) => unknown, ...beginnings: string[]): Call[] =>
  ['', ...beginnings].map((beginning) => (text) => argumentsOf(read)(beginning + text));

/** As many messages as there are lines of 16 characters, each with the text of its line. */
const threadable = (text: string): Threadable<number>[] =>
  Array.from({ length: Math.ceil(text.length / 16) }, (_, i) => ({
    value: i,
    sentAt: i,
    number: i,
    subject: { base: text.slice(i * 16, i * 16 + 16), isReply: i % 2 === 0 },
    messageId: `${i}@x`,
    references: [`${i - 1}@x`, text.slice(i * 16, i * 16 + 16)],
  }));

export const IMAP_CALLS: Calls = {
  'protocol/imap/address-text.ts hidesAddresses': [hidesAddresses],
  'protocol/imap/address-text.ts plainAddresses': [plainAddresses],
  'protocol/imap/append-items.ts parseAppendItem': grammar(parseAppendItem, '(', 'CATENATE (TEXT ', 'CATENATE (URL '),
  'protocol/imap/append-items.ts parseAppendItems': grammar(parseAppendItems, '(', '"'),
  'protocol/imap/arguments.ts Arguments': [
    'atom',
    'astring',
    'nstring',
    'string',
    'listMailbox',
    'sequenceSet',
    'number',
  ].flatMap((method) =>
    grammar((args) => {
      const read = (args as unknown as Record<string, (() => unknown) | undefined>)[method];
      return read?.call(args);
    }, '"'),
  ),
  'protocol/imap/base-subject.ts baseSubject': [
    baseSubject,
    (text) => baseSubject(`re${text}`),
    (text) => baseSubject(`[fwd:${text}`),
    (text) => baseSubject(`a${text}(fwd)`),
  ],
  'protocol/imap/body-of-structure.ts bodyOfStructure': withMessages((text) =>
    bodyOfStructure(encodeBodyStructure(scanned(text), true)),
  ),
  'protocol/imap/body-structure.ts encodeBodyStructure': withMessages((text) =>
    encodeBodyStructure(scanned(text), true),
  ),
  'protocol/imap/casemap.ts casemap': [casemap],
  'protocol/imap/date-time.ts parseDateTime': [parseDateTime],
  'protocol/imap/date-time.ts parseDay': [parseDay],
  'protocol/imap/envelope-reader.ts readEnvelope': withMessages((text) =>
    readEnvelope(Buffer.from(encodeEnvelope(scanned(text).fields), 'latin1')),
  ),
  'protocol/imap/envelope.ts encodeEnvelope': withMessages((text) => encodeEnvelope(scanned(text).fields)),
  'protocol/imap/fetch-items.ts parseFetchItems': grammar(
    fetchItems.parseFetchItems,
    '(',
    'BODY[',
    'BODY[HEADER.FIELDS (',
    '(UID ',
  ),
  'protocol/imap/fetch-items.ts parseFetchModifiers': grammar(fetchItems.parseFetchModifiers, ' (', ' (CHANGEDSINCE '),
  'protocol/imap/fetch-items.ts parseSection': grammar(fetchItems.parseSection, '[', '[1.', '[HEADER.FIELDS ('),
  'protocol/imap/flag-names.ts encodeFlags': [(text) => encodeFlags(0, text.match(/.{1,16}/gs) ?? [])],
  'protocol/imap/flag-names.ts parseFlagList': grammar(parseFlagList, '(', '(\\Seen '),
  'protocol/imap/id-fields.ts parseIdFields': grammar(parseIdFields, '(', '("a" "'),
  'protocol/imap/imap-url.ts parseMessageUrl': [
    parseMessageUrl,
    (text) => parseMessageUrl(`imap://${text}`),
    (text) => parseMessageUrl(`imap://a@b/${text};UID=1`),
    (text) => parseMessageUrl(`/a;UID=1/;SECTION=${text}`),
  ],
  'protocol/imap/mailbox-name.ts decodeMailboxName': [decodeMailboxName, (text) => decodeMailboxName(text, true)],
  'protocol/imap/mailbox-name.ts encodeMailboxName': [encodeMailboxName],
  'protocol/imap/mailbox-name.ts listPattern': [
    (text) => listPattern('a*b%c')(text),
    (text) => listPattern(text)('a/b'),
  ],
  'protocol/imap/notify-events.ts parseNotify': grammar(parseNotify, 'SET (', 'SET STATUS (', 'SET (mailboxes '),
  'protocol/imap/partial-range.ts parsePartialRange': grammar(parsePartialRange, '1:'),
  'protocol/imap/search-fields.ts searchableText': ['from', 'subject'].map(
    (name): Call =>
      (text) =>
        searchableText([{ name, value: text }], name),
  ),
  'protocol/imap/search-fields.ts sentDay': [(text) => sentDay([{ name: 'date', value: text }])],
  'protocol/imap/search-keys.ts parseCriteria': grammar(searchKeys.parseCriteria, 'NOT ', '(', 'TEXT "', 'OR '),
  'protocol/imap/search-keys.ts parseResults': grammar(searchKeys.parseResults, '('),
  'protocol/imap/search-keys.ts parseSearch': grammar(searchKeys.parseSearch, 'RETURN (', 'HEADER '),
  'protocol/imap/sequence-set.ts parseSequenceSet': [sets.parseSequenceSet],
  'protocol/imap/sequence-set.ts selectNumbers': [
    (text) => sets.selectNumbers(sets.parseSequenceSet(text), [1, 2, 3]),
    (text) =>
      sets.selectNumbers(
        [{ from: 1, to: 2 }],
        Array.from(text, (_, i) => i + 1),
      ),
  ],
  'protocol/imap/sequence-set.ts selectUids': [
    (text) => sets.selectUids(sets.parseSequenceSet(text), [1, 2, 3]),
    (text) =>
      sets.selectUids(
        [{ from: 1, to: 2 }],
        Array.from(text, (_, i) => i + 1),
      ),
  ],
  'protocol/imap/strings.ts bytesWithoutNul': [(text) => strings.bytesWithoutNul(bytesOf(text))],
  'protocol/imap/strings.ts encodeNString': [strings.encodeNString],
  'protocol/imap/strings.ts encodeQuotedUtf8': [strings.encodeQuotedUtf8],
  'protocol/imap/strings.ts encodeSequenceSet': [
    (text) => strings.encodeSequenceSet(Array.from(text, (_, i) => i * 2)),
  ],
  'protocol/imap/strings.ts encodeString': [strings.encodeString],
  'protocol/imap/strings.ts utf8Bytes': [strings.utf8Bytes],
  'protocol/imap/strings.ts utf8Text': [strings.utf8Text],
  'protocol/imap/strings.ts withoutNul': [strings.withoutNul],
  'protocol/imap/threads.ts byReferences': [(text) => byReferences(threadable(text))],
  'protocol/imap/threads.ts encodeThreads': [(text) => encodeThreads(byReferences(threadable(text)))],
  'protocol/imap/threads.ts orderedSubject': [(text) => orderedSubject(threadable(text))],
};

export const IMAP_WITHOUT_TEXT: Reasons = {
  'protocol/imap/date-time.ts dayOf': FIXED,
  'protocol/imap/date-time.ts encodeDateTime': FIXED,
  'protocol/imap/partial-range.ts partialOf': 'cuts a list',
  'protocol/imap/sequence-set.ts lowerBound': 'halves a list',
  'protocol/imap/sequence-set.ts lowerBoundBy': 'halves a list',
  'protocol/imap/syntax-error.ts ImapSyntaxError': 'keeps what it is given',
};
