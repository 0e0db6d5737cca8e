import type { Pop3Command } from './command.ts';

/** CAPA (RFC 2449). */
export const capa: Pop3Command = (session) => {
  const { connection, context, login } = session;
  const delay = context.store.options.pop3_login_delay;
  session.multiline('capabilities follow', [
    'TOP',
    'UIDL',
    'RESP-CODES',
    'AUTH-RESP-CODE',
    'PIPELINING',
    'UTF8 USER',
    'EXPIRE NEVER',
    ...(delay > 0 ? [`LOGIN-DELAY ${delay}`] : []),
    ...(login.allowsPasswords ? ['USER', 'SASL PLAIN'] : []),
    ...(!connection.isSecure && context.tls && !login.isLoggedIn ? ['STLS'] : []),
    'IMPLEMENTATION Pamoja',
  ]);
};
