import { compareSorted, compareTextKeys, compareValues, textKey } from '../../../shared/mapi/compare.ts';
import { conversationId, splitSubject } from '../../../shared/mapi/conversation.ts';
import * as entryId from '../../../shared/mapi/entry-id.ts';
import { isPlainValue, type PropertyValue } from '../../../shared/mapi/property.ts';
import { changeBag } from '../../../shared/mapi/property-bag.ts';
import * as documents from '../../../shared/mapi/property-document.ts';
import { PR, type PropertyTag } from '../../../shared/mapi/property-tags.ts';
import { type ContentRestriction, restrictedTags } from '../../../shared/mapi/restriction.ts';
import { readRestriction, restrictionDocument } from '../../../shared/mapi/restriction-document.ts';
import { matches, type Restrictable, testOf } from '../../../shared/mapi/restriction-matcher.ts';
import type { RuleAction } from '../../../shared/mapi/rule-action.ts';
import { readRuleAction, ruleActionDocument } from '../../../shared/mapi/rule-action-document.ts';
import { type Call, type Calls, FIXED, LOOKUP, type Reasons } from './call.ts';
import { bytesOf, mapiMessage } from './samples.ts';

const restrictable = (text: string): Restrictable => ({ get: () => text });

const content = (tag: PropertyTag, value: string): ContentRestriction => ({
  type: 'content',
  tag,
  property: { tag, value },
  match: 'substring',
  ignoreCase: false,
  ignoreNonSpace: false,
  loose: false,
});

const forwardTo = (text: string): RuleAction => ({
  type: 'forward',
  flags: 0,
  recipients: [...text].map((value) => [{ tag: PR.SUBJECT, value }]),
  preserveSender: false,
  keepUnchanged: false,
  asAttachment: false,
  asTextMessage: false,
});

export const MAPI_CALLS: Calls = {
  'mapi/compare.ts compareSorted': [(text) => compareSorted([text], [`${text}x`], [false])],
  'mapi/compare.ts compareTextKeys': [(text) => compareTextKeys(textKey(text), textKey(`${text}x`))],
  'mapi/compare.ts textKey': [(text) => textKey(text)],
  'mapi/compare.ts compareValues': [(text) => compareValues(text, `${text}x`)],
  'mapi/conversation.ts conversationId': [conversationId],
  'mapi/conversation.ts splitSubject': [
    splitSubject,
    (text) => splitSubject(`re${text}`),
    (text) => splitSubject(`re[1${text}`),
  ],
  'mapi/entry-id.ts decodeAddressBookId': [(text) => entryId.decodeAddressBookId(bytesOf(text))],
  'mapi/entry-id.ts decodeEntryId': [(text) => entryId.decodeEntryId(bytesOf(text))],
  'mapi/entry-id.ts decodeFlatEntryList': [(text) => entryId.decodeFlatEntryList(bytesOf(text))],
  'mapi/entry-id.ts decodeOneOff': [
    (text) => entryId.decodeOneOff(bytesOf(text)),
    (text) => entryId.decodeOneOff(entryId.encodeOneOff(text, text, text)),
  ],
  'mapi/entry-id.ts encodeFlatEntryList': [(text) => entryId.encodeFlatEntryList([...text].map(bytesOf))],
  'mapi/entry-id.ts encodeOneOff': [(text) => entryId.encodeOneOff(text, text, text)],
  'mapi/entry-id.ts isAddressBookId': [(text) => entryId.isAddressBookId(bytesOf(text))],
  'mapi/property-bag.ts changeBag': [
    (text) => {
      const bag = new Map(Array.from(text, (char, i): [PropertyTag, PropertyValue] => [(i << 16) | 3, char]));
      return changeBag(bag, bag, [...bag.keys()]);
    },
  ],
  'mapi/property-document.ts decodeDocument': [
    (text) => documents.decodeDocument(bytesOf(text)),
    (text) => documents.decodeDocument(documents.encodeObjectDocument(mapiMessage(text))),
  ],
  'mapi/property-document.ts decodePropertyDocument': [
    (text) => documents.decodePropertyDocument(documents.encodePropertyDocument(mapiMessage(text).properties)),
  ],
  'mapi/property-document.ts documentBlobs': [(text) => documents.documentBlobs(bytesOf(text))],
  'mapi/property-document.ts encodeObjectDocument': [(text) => documents.encodeObjectDocument(mapiMessage(text))],
  'mapi/property-document.ts encodePropertyDocument': [
    (text) => documents.encodePropertyDocument(mapiMessage(text).properties),
  ],
  'mapi/restriction-matcher.ts testOf': [
    (text) => testOf({ ...content(PR.SUBJECT, text), loose: true })(restrictable('xyz')),
  ],
  'mapi/restriction-matcher.ts matches': [
    ...[
      {},
      { match: 'whole' as const },
      { match: 'prefix' as const },
      { ignoreCase: true },
      { ignoreCase: true, ignoreNonSpace: true },
    ].flatMap((how) =>
      [PR.SUBJECT, PR.ANR].map(
        (tag): Call =>
          (text) =>
            matches({ ...content(tag, 'xyz'), ...how }, restrictable(text)),
      ),
    ),
    ...(['less', 'equal', 'regularExpression'] as const).map(
      (relation): Call =>
        (text) =>
          matches(
            { type: 'property', relation, tag: PR.ANR, property: { tag: PR.ANR, value: 'xyz' } },
            restrictable(text),
          ),
    ),
  ],
  'mapi/restriction-document.ts readRestriction': [
    (text) =>
      readRestriction({ ulType: 0, lpAnd: [...text].map((char) => restrictionDocument(content(PR.SUBJECT, char))) }),
  ],
  'mapi/restriction-document.ts restrictionDocument': [
    (text) => restrictionDocument({ type: 'or', conditions: [...text].map((char) => content(PR.SUBJECT, char)) }),
  ],
  'mapi/property.ts isPlainValue': [(text) => isPlainValue([...text])],
  'mapi/rule-action-document.ts readRuleAction': [(text) => readRuleAction(ruleActionDocument(forwardTo(text)))],
  'mapi/rule-action-document.ts ruleActionDocument': [(text) => ruleActionDocument(forwardTo(text))],
  'mapi/restriction.ts restrictedTags': [
    (text) => restrictedTags({ type: 'or', conditions: [...text].map((char) => content(PR.SUBJECT, char)) }),
  ],
};

export const MAPI_WITHOUT_TEXT: Reasons = {
  'mapi/entry-id.ts encodeAddressBookId': FIXED,
  'mapi/entry-id.ts encodeEntryId': FIXED,
  'mapi/error.ts PamojaError': 'keeps what it is given',
  'mapi/filetime.ts fromFileTime': FIXED,
  'mapi/filetime.ts toFileTime': FIXED,
  'mapi/property-bag.ts asString8': FIXED,
  'mapi/property-bag.ts asUnicode': FIXED,
  'mapi/property-bag.ts tagIn': LOOKUP,
  'mapi/property-bag.ts valueAs': LOOKUP,
  'mapi/property-document.ts blobTag': FIXED,
  'mapi/property.ts isBlobValue': LOOKUP,
  'mapi/property-document.ts packValue': 'is called for one value by JSON.stringify',
  'mapi/property-document.ts unpackValue': 'is called for one value by JSON.parse',
  'mapi/property-tags.ts isMultiValue': FIXED,
  'mapi/property-tags.ts propertyId': FIXED,
  'mapi/property-tags.ts propertyType': FIXED,
  'mapi/property-tags.ts withType': FIXED,
};
