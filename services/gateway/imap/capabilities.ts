import { takesTokens } from '../../../shared/directory/login/login.ts';
import type { ImapSession } from './session.ts';

/** Capabilities in every state. */
const ALWAYS = ['IMAP4rev1', 'IMAP4rev2', 'LITERAL+', 'SASL-IR', 'ID'];

const LOGGED_IN = [
  'ENABLE',
  'NAMESPACE',
  'CHILDREN',
  'LIST-EXTENDED',
  'LIST-STATUS',
  'SPECIAL-USE',
  'CREATE-SPECIAL-USE',
  'UIDPLUS',
  'MOVE',
  'REPLACE',
  'UNSELECT',
  'MULTIAPPEND',
  'CATENATE',
  'BINARY',
  'CONDSTORE',
  'QRESYNC',
  'ESEARCH',
  'SEARCHRES',
  'PARTIAL',
  'CONTEXT=SEARCH',
  'CONTEXT=SORT',
  'WITHIN',
  'SAVEDATE',
  'OBJECTID',
  'PREVIEW',
  'SORT',
  'SORT=DISPLAY',
  'ESORT',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'I18NLEVEL=1',
  'ACL',
  'RIGHTS=kxte',
  'METADATA',
  'NOTIFY',
  'INPROGRESS',
  'UTF8=ACCEPT',
  'QUOTA',
  'QUOTA=RES-STORAGE',
  'STATUS=SIZE',
];

/** The capabilities that a session has in its present state (RFC 3501 §6.1.1). */
export function capabilities({
  connection,
  context,
  login,
}: Pick<ImapSession, 'connection' | 'context' | 'login'>): string[] {
  const { store, tls } = context;
  if (login.isLoggedIn)
    return [
      ...ALWAYS,
      ...(store.options.imap_capability_idle ? ['IDLE'] : []),
      ...LOGGED_IN,
      ...(connection.isCompressed ? [] : ['COMPRESS=DEFLATE']),
      `APPENDLIMIT=${store.options.imap_max_messagesize}`,
    ];
  const starttls = !connection.isSecure && tls ? ['STARTTLS'] : [];
  if (!login.allowsPasswords) return [...ALWAYS, ...starttls, 'LOGINDISABLED'];
  const tokens = takesTokens(context) ? ['AUTH=OAUTHBEARER', 'AUTH=XOAUTH2'] : [];
  return [...ALWAYS, ...starttls, 'AUTH=PLAIN', 'AUTH=LOGIN', 'AUTH=SCRAM-SHA-256', ...tokens];
}
