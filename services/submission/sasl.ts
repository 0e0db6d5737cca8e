import { readPlain } from '../../shared/protocol/sasl.ts';

/** The result of one step of a mechanism: the next challenge, the credentials, or a refusal. */
export type SaslStep =
  | { challenge: string }
  | { credentials: { user: string; password: string } }
  | { refusal: string };

/** A running mechanism: takes the client's response (undefined: none yet) and gives the next step. */
export type SaslExchange = (response: string | undefined) => SaslStep;

/** PLAIN (RFC 4616). Acting for another user is not allowed. */
export const plainMechanism = (): SaslExchange => (response) => {
  if (response === undefined) return { challenge: '' };
  const plain = readPlain(response);
  if (plain.kind === 'malformed') return { refusal: '501 5.5.2 That is no PLAIN response' };
  if (plain.kind === 'other-user') return { refusal: '535 5.7.8 Acting for another user is not allowed' };
  return { credentials: { user: plain.user, password: plain.password } };
};

/** LOGIN (draft-murchison-sasl-login): the name, then the password. */
export function loginMechanism(): SaslExchange {
  let user: string | undefined;
  return (response) => {
    if (response === undefined) return { challenge: 'Username:' };
    if (user === undefined) {
      user = response;
      return { challenge: 'Password:' };
    }
    return { credentials: { user, password: response } };
  };
}
