import { takesTokens } from '../../../shared/directory/login/login.ts';
import type { ImapSession } from './session.ts';

/** What the server can do, before a login and after it. */
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

export function capabilitiesOf(session: ImapSession): string[] {
  const { store, tls } = session.context;
  if (session.account)
    return [
      ...ALWAYS,
      ...(store.options.imap_capability_idle ? ['IDLE'] : []),
      ...LOGGED_IN,
      ...(session.isCompressed ? [] : ['COMPRESS=DEFLATE']),
      `APPENDLIMIT=${store.options.imap_max_messagesize}`,
    ];
  const starttls = !session.isSecure && tls ? ['STARTTLS'] : [];
  if (!session.mayLogin()) return [...ALWAYS, ...starttls, 'LOGINDISABLED'];
  const tokens = takesTokens(session.context) ? ['AUTH=OAUTHBEARER', 'AUTH=XOAUTH2'] : [];
  return [...ALWAYS, ...starttls, 'AUTH=PLAIN', 'AUTH=LOGIN', 'AUTH=SCRAM-SHA-256', ...tokens];
}
