import { PamojaError } from './error.ts';
import type { PlainProperty } from './plain-value.ts';
import { isPlainValue, type Property } from './property.ts';
import type { ForwardAction, ReplyAction, RuleAction } from './rule-action.ts';

/** The form in which stored documents keep a rule action: the fields of Kopano's `action`, by their names there, as the SOAP interface transfers it. */
export interface RuleActionDocument {
  acttype: number;
  flavor: number;
  flags: number;
  moveCopy?: { store?: Buffer; folder?: Buffer };
  reply?: { message?: Buffer; guid?: Buffer };
  defer?: { bin?: Buffer };
  bouncecode?: number;
  adrlist?: (Property[] | undefined)[];
  prop?: Property;
}

/** ActionType (MS-OXORULE §2.2.5.1.1). */
const ACTION = {
  MOVE: 1,
  COPY: 2,
  REPLY: 3,
  OOF_REPLY: 4,
  DEFER: 5,
  BOUNCE: 6,
  FORWARD: 7,
  DELEGATE: 8,
  TAG: 9,
  DELETE: 10,
  MARK_AS_READ: 11,
} as const;

/** ActionFlavor of a forward and of a reply (MS-OXORULE §2.2.5.1.1). */
const FORWARD = { PRESERVE_SENDER: 1, KEEP_UNCHANGED: 2, AS_ATTACHMENT: 4, AS_TEXT_MESSAGE: 8 } as const;
const REPLY = { NOT_TO_SENDER: 1, STOCK_TEXT: 2 } as const;

const NO_BYTES = Buffer.alloc(0);

/** Reads the stored form. Throws TOO_COMPLEX for an action that is not known; INVALID_TYPE for one that lacks what its type requires. */
export function readRuleAction(document: RuleActionDocument): RuleAction {
  const { acttype, flags } = document;
  switch (acttype) {
    case ACTION.MOVE:
    case ACTION.COPY: {
      const { store = NO_BYTES, folder = NO_BYTES } = required(document.moveCopy);
      return { type: acttype === ACTION.MOVE ? 'move' : 'copy', flags, store, folder };
    }
    case ACTION.REPLY:
      return { type: 'reply', flags, ...readReply(document) };
    case ACTION.OOF_REPLY:
      return { type: 'oofReply', flags, ...readReply(document) };
    case ACTION.DEFER:
      return { type: 'defer', flags, data: required(document.defer).bin ?? NO_BYTES };
    case ACTION.BOUNCE:
      return { type: 'bounce', flags, code: required(document.bouncecode) };
    case ACTION.FORWARD:
      return { flags, ...readForward(document) };
    case ACTION.DELEGATE:
      return { type: 'delegate', flags, recipients: recipientsOf(document) };
    case ACTION.TAG:
      return { type: 'tag', flags, property: plain(required(document.prop)) };
    case ACTION.DELETE:
      return { type: 'delete', flags };
    case ACTION.MARK_AS_READ:
      return { type: 'markAsRead', flags };
    default:
      throw new PamojaError('TOO_COMPLEX', `unknown rule action ${acttype}`);
  }
}

function readReply({ reply, flavor }: RuleActionDocument): Omit<ReplyAction, 'type'> {
  const { message = NO_BYTES, guid = NO_BYTES } = required(reply);
  return {
    template: message,
    templateGuid: guid,
    notToSender: (flavor & REPLY.NOT_TO_SENDER) !== 0,
    stockText: (flavor & REPLY.STOCK_TEXT) !== 0,
  };
}

function readForward(document: RuleActionDocument): ForwardAction {
  const has = (bit: number): boolean => (document.flavor & bit) !== 0;
  return {
    type: 'forward',
    recipients: recipientsOf(document),
    preserveSender: has(FORWARD.PRESERVE_SENDER),
    keepUnchanged: has(FORWARD.KEEP_UNCHANGED),
    asAttachment: has(FORWARD.AS_ATTACHMENT),
    asTextMessage: has(FORWARD.AS_TEXT_MESSAGE),
  };
}

const recipientsOf = ({ adrlist }: RuleActionDocument): PlainProperty[][] =>
  required(adrlist).map((recipient) => required(recipient).map(plain));

function required<T>(part: T | undefined): T {
  if (part === undefined)
    throw new PamojaError('INVALID_TYPE', 'the rule action lacks the part that its type requires');
  return part;
}

function plain({ tag, value }: Property): PlainProperty {
  if (!isPlainValue(value)) throw new PamojaError('INVALID_TYPE', 'a property of the rule action is a structure');
  return { tag, value };
}

/** The reverse of {@link readRuleAction}. */
export function ruleActionDocument(action: RuleAction): RuleActionDocument {
  const { flags } = action;
  const base = { flavor: 0, flags };
  switch (action.type) {
    case 'move':
    case 'copy': {
      const acttype = action.type === 'move' ? ACTION.MOVE : ACTION.COPY;
      return { ...base, acttype, moveCopy: { store: action.store, folder: action.folder } };
    }
    case 'reply':
    case 'oofReply':
      return {
        acttype: action.type === 'reply' ? ACTION.REPLY : ACTION.OOF_REPLY,
        flavor: (action.notToSender ? REPLY.NOT_TO_SENDER : 0) | (action.stockText ? REPLY.STOCK_TEXT : 0),
        flags,
        reply: { message: action.template, guid: action.templateGuid },
      };
    case 'defer':
      return { ...base, acttype: ACTION.DEFER, defer: { bin: action.data } };
    case 'bounce':
      return { ...base, acttype: ACTION.BOUNCE, bouncecode: action.code };
    case 'forward':
      return { acttype: ACTION.FORWARD, flavor: forwardFlavor(action), flags, adrlist: action.recipients };
    case 'delegate':
      return { ...base, acttype: ACTION.DELEGATE, adrlist: action.recipients };
    case 'tag':
      return { ...base, acttype: ACTION.TAG, prop: action.property };
    case 'delete':
      return { ...base, acttype: ACTION.DELETE };
    case 'markAsRead':
      return { ...base, acttype: ACTION.MARK_AS_READ };
  }
}

const forwardFlavor = (action: ForwardAction): number =>
  (action.preserveSender ? FORWARD.PRESERVE_SENDER : 0) |
  (action.keepUnchanged ? FORWARD.KEEP_UNCHANGED : 0) |
  (action.asAttachment ? FORWARD.AS_ATTACHMENT : 0) |
  (action.asTextMessage ? FORWARD.AS_TEXT_MESSAGE : 0);
