// Constants of messages: flags, status, follow-up, recipients and attachments.

/** Bits of PR_MESSAGE_FLAGS (MS-OXCMSG §2.2.1.6). */
export const MSGFLAG = {
  READ: 0x1,
  UNMODIFIED: 0x2,
  SUBMIT: 0x4,
  UNSENT: 0x8,
  HASATTACH: 0x10,
  FROMME: 0x20,
  ASSOCIATED: 0x40,
} as const;

/** Bits of PR_MSG_STATUS that IMAP clients know as flags (MS-OXCMSG §2.2.3.2). */
export const MSGSTATUS = { DELMARKED: 0x8, ANSWERED: 0x200 } as const;

/** PR_FLAG_STATUS (MS-OXOFLAG); a message that was never flagged does not have it. */
export const FOLLOW_UP = { COMPLETE: 1, FLAGGED: 2 } as const;

/** PR_LAST_VERB_EXECUTED (MS-OXOMSG): the last reply or forward of a message. */
export const VERB = { REPLY_TO_SENDER: 102, REPLY_TO_ALL: 103 } as const;

/** PR_IMPORTANCE (MS-OXCMSG). */
export const IMPORTANCE = { LOW: 0, NORMAL: 1, HIGH: 2 } as const;

/** PR_RECIPIENT_TYPE (MS-OXOMSG): MAPI_TO, MAPI_CC and MAPI_BCC are in the low four bits. */
export const RECIPIENT_TYPE = { TO: 1, CC: 2, BCC: 3, MASK: 0xf } as const;

/** PR_ATTACH_METHOD (MS-OXCMSG §2.2.2.9): where the data of an attachment is. */
export const ATTACH_METHOD = { BY_VALUE: 1, EMBEDDED_MSG: 5 } as const;
