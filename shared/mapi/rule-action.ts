import type { PlainProperty } from './plain-value.ts';

/** An action of a rule on a message (MS-OXORULE §2.2.5.1). */
export type RuleAction = {
  /** Client-defined flags; the server only stores them (ActionFlags). */
  flags: number;
} & (
  | MoveOrCopyAction
  | ReplyAction
  | DeferAction
  | BounceAction
  | ForwardAction
  | DelegateAction
  | TagAction
  | { type: 'delete' }
  | { type: 'markAsRead' }
);

/** Moves or copies the message into a folder (§2.2.5.1.2.1). */
export interface MoveOrCopyAction {
  type: 'move' | 'copy';
  /** Entry ids. */
  store: Buffer;
  folder: Buffer;
}

/** Answers the sender with a template (§2.2.5.1.2.2); `oofReply` as an out-of-office reply does. */
export interface ReplyAction {
  type: 'reply' | 'oofReply';
  /** Entry id of the message that is the template. */
  template: Buffer;
  templateGuid: Buffer;
  /** Sends the reply only to the template's recipients, not to the sender (ActionFlavor NS). */
  notToSender: boolean;
  /** Uses a text of the server (ActionFlavor ST). */
  stockText: boolean;
}

/** Leaves the action to the client (§2.2.5.1.2.3). */
export interface DeferAction {
  type: 'defer';
  data: Buffer;
}

/** Returns the message to its sender (§2.2.5.1.2.5). */
export interface BounceAction {
  type: 'bounce';
  /** See {@link BOUNCE_CODE}. */
  code: number;
}

/** Reasons for returning a message (§2.2.5.1.2.5, BounceCode). */
export const BOUNCE_CODE = { TOO_LARGE: 0x0d, CANNOT_DISPLAY: 0x1f, DENIED: 0x26 } as const;

/** Properties of one recipient (§2.2.5.1.2.4.1). */
export type ActionRecipient = PlainProperty[];

/** Forwards the message (§2.2.5.1.2.4; ActionFlavor §2.2.5.1.1). */
export interface ForwardAction {
  type: 'forward';
  recipients: ActionRecipient[];
  /** Keeps the sender (PR). */
  preserveSender: boolean;
  /** Forwards the message unchanged (NC). */
  keepUnchanged: boolean;
  /** Forwards the message as an attachment of a new one (AT). */
  asAttachment: boolean;
  /** Forwards the message as a text message (TM). */
  asTextMessage: boolean;
}

/** Resends the message to delegates as if it had been sent to them (§2.2.5.1.2.4). */
export interface DelegateAction {
  type: 'delegate';
  recipients: ActionRecipient[];
}

/** Sets a property of the message (§2.2.5.1.2.6). */
export interface TagAction {
  type: 'tag';
  property: PlainProperty;
}
